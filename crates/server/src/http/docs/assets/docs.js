// Tabs, copying, the theme, the place in the table of contents and finding in it. Without this file every example
// is shown below the other, and everything else works.
(() => {
  const root = document.documentElement
  const isChinese = root.lang.startsWith('zh')
  const words = isChinese
    ? { copy: '复制', copied: '已复制', failed: '无法复制', tabs: '语言', find: '筛选接口', none: '没有匹配的接口' }
    : { copy: 'Copy', copied: 'Copied', failed: 'Not copied', tabs: 'Language', find: 'Find a call', none: 'No call has this' }
  const COPIED_MS = 1600
  // A way of more screens than these is jumped, and a shorter one is over by then.
  const SCREENS_MAX = 4
  const MOVE_MS = 1000

  // A browser that keeps nothing still shows everything.
  const kept = (name) => { try { return localStorage.getItem(name) } catch { return null } }
  const keep = (name, value) => { try { localStorage.setItem(name, value) } catch { /* not kept */ } }

  // Before the page is drawn, so that it does not change its colours.
  const theme = kept('rushes.theme')
  if (theme === 'light' || theme === 'dark') root.dataset.theme = theme

  const element = (name, attributes, text) => {
    const made = document.createElement(name)
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value)
    made.textContent = text
    return made
  }

  let saidTimer
  function say(text) {
    const region = document.getElementById('said')
    region.textContent = text
    clearTimeout(saidTimer)
    saidTimer = setTimeout(() => { region.textContent = '' }, COPIED_MS)
  }

  async function copy(text) {
    if (navigator.clipboard) return navigator.clipboard.writeText(text)
    // Over plain http there is no clipboard object, except on the machine itself.
    const area = element('textarea', { class: 'sr', readonly: '' }, text)
    document.body.append(area)
    area.select()
    const isDone = document.execCommand('copy')
    area.remove()
    if (!isDone) throw new Error('the browser did not copy')
  }

  function addCopy(bar, code) {
    const button = element('button', { type: 'button', class: 'copy' }, words.copy)
    button.addEventListener('click', async () => {
      const said = await copy(code.textContent).then(() => words.copied, () => words.failed)
      button.textContent = said
      say(said)
      setTimeout(() => { button.textContent = words.copy }, COPIED_MS)
    })
    bar.append(button)
  }

  // Every group of examples; choosing a language in one chooses it in all that have it.
  const groups = []

  function choose(label, origin) {
    // What is clicked on stays where it is while examples above it change their height.
    const before = origin?.getBoundingClientRect().top
    for (const group of groups) {
      if (!group.has(label)) continue
      for (const [name, { pane, tab }] of group) {
        const isChosen = name === label
        pane.hidden = !isChosen
        tab.setAttribute('aria-selected', isChosen)
        tab.tabIndex = isChosen ? 0 : -1
      }
    }
    if (origin) scrollBy({ top: origin.getBoundingClientRect().top - before, behavior: 'instant' })
  }

  function makeTabs(box, number) {
    const panes = [...box.querySelectorAll('.pane')]
    if (panes.length < 2) return
    const list = element('div', { role: 'tablist', 'aria-label': words.tabs }, '')
    const bar = element('div', { class: 'bar' }, '')
    bar.append(list)
    const group = new Map()
    panes.forEach((pane, index) => {
      const label = pane.querySelector('.lang').textContent
      const id = `tab-${number}-${index}`
      const tab = element('button', { type: 'button', role: 'tab', id, 'aria-controls': `${id}-pane` }, label)
      Object.entries({ id: `${id}-pane`, role: 'tabpanel', 'aria-labelledby': id })
        .forEach(([key, value]) => pane.setAttribute(key, value))
      tab.addEventListener('click', () => { keep('rushes.docs.language', label); choose(label, tab) })
      list.append(tab)
      group.set(label, { pane, tab })
    })
    list.addEventListener('keydown', (event) => {
      const tabs = [...list.children]
      const at = tabs.indexOf(document.activeElement)
      const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key]
      if (to === undefined || at < 0) return
      event.preventDefault()
      const tab = tabs[(to + tabs.length) % tabs.length]
      tab.click()
      tab.focus()
    })
    // One bar for all: tabs instead of titles, and a button that copies what is shown.
    for (const pane of panes) pane.querySelector('.bar').remove()
    addCopy(bar, { get textContent() { return box.querySelector('.pane:not([hidden]) code').textContent } })
    box.prepend(bar)
    groups.push(group)
    choose([...group.keys()][0])
  }

  function followPlace() {
    const links = new Map()
    for (const link of document.querySelectorAll('.toc a')) links.set(link.hash.slice(1), link)
    const heads = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean)
    let current
    const look = () => {
      const passed = heads.filter((head) => head.getBoundingClientRect().top < 90)
      const link = links.get((passed.at(-1) ?? heads[0])?.id)
      if (link === current) return
      current?.removeAttribute('aria-current')
      link?.setAttribute('aria-current', 'true')
      current = link
    }
    let isDue = false
    addEventListener('scroll', () => {
      if (isDue) return
      isDue = true
      requestAnimationFrame(() => { isDue = false; look() })
    }, { passive: true })
    look()
  }

  // A box that leaves in the table of contents what has all the words, where it has groups.
  function addFind(contents) {
    const groups = [...contents.querySelectorAll('.group > details')]
    if (groups.length === 0) return
    const list = contents.querySelector('nav > ul')
    const box = element('input', { type: 'search', class: 'find', 'aria-label': words.find, placeholder: words.find }, '')
    const none = element('p', { class: 'none', role: 'status' }, '')
    list.before(box, none)
    const entries = [...list.querySelectorAll('a')].map((link) => ({
      line: link.parentElement,
      text: `${link.textContent} ${link.querySelector('[data-find]')?.dataset.find ?? ''}`.toLowerCase(),
    }))
    let wereOpen = null
    box.addEventListener('input', () => {
      const wanted = box.value.toLowerCase().split(/\s+/).filter(Boolean)
      const isFinding = wanted.length > 0
      if (isFinding) wereOpen ??= groups.map((group) => group.open)
      let count = 0
      for (const { line, text } of entries) {
        line.hidden = !wanted.every((word) => text.includes(word))
        if (!line.hidden) count += 1
      }
      groups.forEach((group, index) => {
        group.parentElement.hidden = !group.querySelector('li:not([hidden])')
        group.open = isFinding || (wereOpen?.[index] ?? group.open)
      })
      if (!isFinding) wereOpen = null
      none.textContent = count === 0 ? words.none : ''
    })
  }

  // A click within the page moves it where the way is short; all else jumps.
  function moveOnClicks() {
    let timer
    document.addEventListener('click', (event) => {
      const link = event.target.closest?.('a[href^="#"]')
      const place = link && document.getElementById(decodeURIComponent(link.hash.slice(1)))
      if (!place) return
      clearTimeout(timer)
      const way = Math.abs(place.getBoundingClientRect().top)
      root.toggleAttribute('data-moves', way < innerHeight * SCREENS_MAX)
      timer = setTimeout(() => root.removeAttribute('data-moves'), MOVE_MS)
    })
  }

  addEventListener('DOMContentLoaded', () => {
    document.querySelectorAll('[data-tabs]').forEach(makeTabs)
    for (const bar of document.querySelectorAll('.code .bar')) {
      if (!bar.querySelector('.copy')) addCopy(bar, bar.parentElement.querySelector('code'))
    }
    const chosen = kept('rushes.docs.language')
    if (chosen) choose(chosen)

    const contents = document.querySelector('.toc')
    if (contents) {
      contents.open = matchMedia('(min-width: 1181px)').matches
      addFind(contents)
      followPlace()
    }
    moveOnClicks()

    const button = document.querySelector('[data-theme-switch]')
    button.hidden = false
    button.addEventListener('click', () => {
      const isDark = root.dataset.theme
        ? root.dataset.theme === 'dark'
        : matchMedia('(prefers-color-scheme: dark)').matches
      root.dataset.theme = isDark ? 'light' : 'dark'
      keep('rushes.theme', root.dataset.theme)
    })
    // Tabs change heights, so the place that the address names is looked for again.
    if (location.hash) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView()
  })
})()
