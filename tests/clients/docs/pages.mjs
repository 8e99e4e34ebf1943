// Every page of the documentation, in both languages, wide and narrow: what a reader clicks on.

import { join } from 'node:path'

import { check, equal } from '../node/checks.mjs'

const { BASE_URL, PICTURES } = process.env

export const PATHS = ['/', '/docs', '/docs/webhooks', '/docs/dialects', '/docs/errors', '/docs/reference']
const LANGUAGES = ['en', 'zh']
const WIDTHS = [1280, 390]

/** Looks at all pages; returns the examples on them, by name. */
export async function clickThrough(browser, tab) {
  const examples = new Map()
  await browser.call('Browser.grantPermissions', {
    origin: BASE_URL,
    permissions: ['clipboardReadWrite', 'clipboardSanitizedWrite'],
  })
  for (const path of PATHS) {
    for (const language of LANGUAGES) {
      for (const width of WIDTHS) await look(tab, path, language, width)
      await check(`${path} ${language}: every example is taken out`, () =>
        takeOut(tab, examples, path, language),
      )
      await check(`${path} ${language}: tabs`, () => clickTabs(tab))
      await check(`${path} ${language}: copying`, () => clickCopies(tab))
      await check(`${path} ${language}: the theme`, () => clickTheme(tab))
      await check(`${path} ${language}: the other language`, () => clickLanguage(tab, path, language))
    }
    await check(`${path}: it can be read without a script`, () => withoutScript(tab, path))
  }
  await check('every link within leads to a page and a place on it', () => followLinks(tab))
  await check('the menu of the reference is searched', () => findInMenu(tab))
  await check('a place named in the address is there at once', () => jumps(tab))
  await check('nothing below /docs is a page that leads on', () => missing(tab))
  await check('a chosen language of examples is remembered', () => remembered(tab))
  return examples
}

async function look(tab, path, language, width) {
  await tab.view(width, width < 500 ? 'dark' : 'light')
  await check(`${path} ${language} ${width} px: it is drawn without a complaint`, async () => {
    tab.complaints.length = 0
    tab.requests.length = 0
    await tab.goto(`${BASE_URL}${path}?lang=${language}`)
    equal(tab.complaints, [], 'what the browser complains of')
    const elsewhere = tab.requests.filter((url) => !url.startsWith(`${BASE_URL}/`))
    equal(elsewhere, [], 'what was asked of others')
    const seen = await tab.run(`({
      language: document.documentElement.lang.slice(0, 2),
      titles: document.querySelectorAll('h1').length,
      overflow: document.documentElement.scrollWidth - innerWidth,
      nameless: [...document.querySelectorAll('a, button, summary')]
        .filter((it) => !(it.textContent.trim() || it.ariaLabel)).length,
      dangling: [...document.querySelectorAll('[aria-controls], [aria-labelledby]')]
        .flatMap((it) => [it.getAttribute('aria-controls'), it.getAttribute('aria-labelledby')])
        .filter((id) => id !== null && document.getElementById(id) === null),
      unreachable: [...document.querySelectorAll('pre, .scroll')]
        .filter((it) => it.scrollWidth > it.clientWidth && it.tabIndex < 0).length,
    })`)
    const expected = { language, titles: 1, overflow: 0, nameless: 0, dangling: [], unreachable: 0 }
    equal({ ...seen, overflow: Math.max(seen.overflow, 0) }, expected, 'the page')
  })
  if (PICTURES) {
    const name = `${path.replaceAll('/', '-')}-${language}-${width}.png`
    await tab.picture(join(PICTURES, name))
  }
}

async function takeOut(tab, examples, path, language) {
  const found = await tab.run(`[...document.querySelectorAll('[data-snippet]')]
    .map((it) => [it.dataset.snippet, it.textContent])`)
  for (const [name, text] of found) {
    const known = examples.get(name) ?? text
    equal(text, known, `${name} in ${language}`)
    examples.set(name, text)
    if (text.includes('127.0.0.1:8080')) throw new Error(`${name} has another gateway's address`)
  }
  const samples = await tab.run(`[...document.querySelectorAll('[data-sample=json]')]
    .map((it) => it.textContent)`)
  for (const sample of samples) JSON.parse(sample)
  equal(found.length + samples.length > 0, true, `${path} shows something`)
  const others = await tab.run(`[...document.querySelectorAll('pre code')]
    .filter((it) => !it.dataset.snippet && !it.dataset.sample).length`)
  equal(others, 0, 'code that is neither an example nor a sample')
}

async function clickTabs(tab) {
  const problems = await tab.run(`(() => {
    const problems = []
    for (const box of document.querySelectorAll('[data-tabs]')) {
      const panes = [...box.querySelectorAll('.pane')]
      const tabs = [...box.querySelectorAll('[role=tab]')]
      if (panes.length > 1 && tabs.length !== panes.length) problems.push('not a tab for each')
      for (const [index, tab] of tabs.entries()) {
        tab.click()
        const shown = panes.map((pane) => pane.offsetHeight > 0)
        if (shown.filter(Boolean).length !== 1 || !shown[index]) problems.push(tab.textContent)
        if (tab.getAttribute('aria-selected') !== 'true') problems.push('not selected')
        if (document.getElementById(tab.getAttribute('aria-controls')) !== panes[index]) {
          problems.push('it controls another pane')
        }
      }
      tabs[0]?.click()
    }
    return problems
  })()`)
  equal(problems, [], 'problems')
  const first = await tab.run(`(() => {
    const tab = document.querySelector('[role=tab]')
    tab?.focus()
    return tab?.textContent ?? null
  })()`)
  if (first === null) return
  await tab.key('ArrowRight')
  const second = await tab.run('document.activeElement.textContent')
  equal(second !== first, true, `the arrow key leads from ${first} to another tab`)
  await tab.key('Home')
  equal(await tab.run('document.activeElement.textContent'), first, 'the first tab')
}

async function clickCopies(tab) {
  const problems = await tab.run(`(async () => {
    const problems = []
    for (const box of document.querySelectorAll('.code')) {
      const button = box.querySelector('.copy')
      if (!button) { problems.push('no button'); continue }
      const shown = [...box.querySelectorAll('code')].find((it) => it.offsetHeight > 0)
      button.click()
      // The button says so when it is done.
      const before = button.textContent
      for (let look = 0; look < 200 && button.textContent === before; look += 1) {
        await new Promise((resolve) => setTimeout(resolve, 5))
      }
      const copied = await navigator.clipboard.readText()
      if (copied !== shown.textContent) problems.push(shown.dataset.snippet ?? 'a sample')
      if (document.getElementById('said').textContent === '') problems.push('nothing was said')
    }
    return problems
  })()`)
  equal(problems, [], 'what was not copied')
}

async function clickTheme(tab) {
  const colours = await tab.run(`(() => {
    const button = document.querySelector('[data-theme-switch]')
    const colour = () => getComputedStyle(document.body).backgroundColor
    const seen = [colour()]
    button.click()
    seen.push(colour())
    button.click()
    seen.push(colour())
    localStorage.removeItem('rushes.theme')
    delete document.documentElement.dataset.theme
    return seen
  })()`)
  equal([colours[0] === colours[1], colours[0] === colours[2]], [false, true], 'the colours')
}

async function clickLanguage(tab, path, language) {
  await tab.load(() => tab.run(`document.querySelector('.switches a').click()`))
  const seen = await tab.run(`[location.pathname, document.documentElement.lang.slice(0, 2)]`)
  equal(seen, [path, language === 'en' ? 'zh' : 'en'], 'where it leads')
}

async function withoutScript(tab, path) {
  await tab.call('Emulation.setScriptExecutionDisabled', { value: true })
  try {
    await tab.view(1280)
    await tab.goto(`${BASE_URL}${path}?lang=en`)
    // Commands of the debugger still run.
    const seen = await tab.run(`({
      panes: [...document.querySelectorAll('pre')].every((it) => it.offsetHeight > 0),
      dead: [...document.querySelectorAll('button')].filter((it) => it.offsetHeight > 0).length,
    })`)
    equal(seen, { panes: true, dead: 0 }, 'the page')
  } finally {
    await tab.call('Emulation.setScriptExecutionDisabled', { value: false })
  }
}

async function followLinks(tab) {
  const pages = new Map()
  let count = 0
  for (const path of PATHS) {
    for (const language of LANGUAGES) {
      await tab.goto(`${BASE_URL}${path}?lang=${language}`)
      const links = await tab.run(`[...document.links].map((link) => link.href)`)
      for (const link of new Set(links.filter((it) => it.startsWith(`${BASE_URL}/`)))) {
        const [address, anchor] = link.split('#')
        if (!pages.has(address)) {
          const answer = await fetch(address)
          equal(answer.status, 200, `${path} leads to ${address}: the status`)
          pages.set(address, await answer.text())
        }
        const isThere = !anchor || pages.get(address).includes(` id="${decodeURIComponent(anchor)}"`)
        equal(isThere, true, `${path} leads to ${link}, which is there,`)
        count += 1
      }
    }
  }
  equal(count > 200, true, `there are many links (${count})`)
}

async function findInMenu(tab) {
  await tab.view(1280)
  await tab.goto(`${BASE_URL}/docs/reference?lang=en`)
  const seen = await tab.run(`(() => {
    const box = document.querySelector('.toc input')
    const groups = () => [...document.querySelectorAll('.toc .group > details')].map((it) => it.open)
    const shown = () => [...document.querySelectorAll('.toc li a')].filter((it) => it.offsetHeight > 0).map((it) => it.hash)
    const type = (text) => { box.value = text; box.dispatchEvent(new Event('input')) }
    const before = groups()
    type('post webhooks rotate')
    const found = shown()
    type('no such call')
    const none = [shown().length, document.querySelector('.toc .none').textContent !== '']
    type('')
    return { found, none, same: String(groups()) === String(before), closed: before.filter((it) => !it).length }
  })()`)
  const found = ['#rotateWebhook', '#rotateAccountWebhook']
  equal({ ...seen, found: [...seen.found].sort() }, { found: found.sort(), none: [0, true], same: true, closed: 3 }, 'the menu')
}

async function jumps(tab) {
  // From another page: where only the place changes, nothing is loaded.
  await tab.goto(`${BASE_URL}/docs?lang=en`)
  await tab.goto(`${BASE_URL}/docs/reference?lang=en#getReadiness`)
  const top = await tab.run(`document.getElementById('getReadiness').getBoundingClientRect().top`)
  equal(Math.abs(top) < 100, true, `the place is at the top (${top})`)
}

async function missing(tab) {
  for (const width of WIDTHS) {
    await tab.view(width)
    await tab.goto(`${BASE_URL}/docs/no/such?lang=zh`)
    const seen = await tab.run(`({
      language: document.documentElement.lang,
      styled: getComputedStyle(document.querySelector('.brand')).display,
      back: [...document.querySelectorAll('article a')].map((it) => new URL(it.href).pathname),
    })`)
    const back = PATHS.filter((path) => path !== '/')
    equal(seen, { language: 'zh-CN', styled: 'flex', back }, 'the page')
    if (PICTURES) await tab.picture(join(PICTURES, `missing-${width}.png`))
  }
}

async function remembered(tab) {
  await tab.goto(`${BASE_URL}/docs?lang=en`)
  await tab.run(`[...document.querySelectorAll('[role=tab]')].find((it) => it.textContent === 'Python').click()`)
  await tab.goto(`${BASE_URL}/docs/webhooks?lang=zh`)
  const chosen = await tab.run(`[...document.querySelectorAll('[aria-selected=true]')].map((it) => it.textContent)`)
  equal(new Set(chosen).size === 1 && chosen[0] === 'Python', true, `Python everywhere (${chosen})`)
  await tab.run(`localStorage.clear()`)
}
