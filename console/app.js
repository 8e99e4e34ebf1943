// The console: which page is at which address, and what it needs before it is shown.
//
// Guarantees: a page's code and texts are loaded when it is first shown; who is not signed in comes
// to the sign-in page and from there back to where they were going; an operator's page is for
// operators alone (the API says so too). A page that breaks takes nothing else with it.

import { toast } from './core/announce.js'
import { ApiFailure } from './core/api.js'
import { html } from './core/html.js'
import { load, show as showLanguage, language, t } from './core/i18n.js'
import { PREFIX } from './core/place.js'
import { away, returns } from './core/reach.js'
import { failure } from './core/resource.js'
import { go, match, place, start, to } from './core/router.js'
import { isOperator, refresh, session } from './core/session.js'
import { dress } from './core/style.js'
import { show as showTheme } from './core/theme.js'
import { Button } from './ui/button.js'
import { Empty, Failure, PageVoices } from './ui/feedback.js'
import { Shell } from './ui/shell.js'
import { Component, render } from './vendor/preact.js'
import { useEffect, useRef, useState } from './vendor/hooks.js'

/** Pattern, module of `pages/`, catalogues, style sheets of `styles/`. What begins with `/admin` is for
 * operators.
 * @type {readonly [string, string, string, ...string[]][]} */
const PAGES = [
  ['/', 'overview', 'overview'],
  ['/playground', 'playground', 'playground pictures player', 'film', 'playground', 'player'],
  ['/tasks', 'tasks', 'tasks', 'film', 'tasks'],
  ['/tasks/:id', 'task', 'tasks player', 'film', 'player'],
  ['/keys', 'keys', 'keys', 'film'],
  ['/usage', 'usage', 'usage', 'chart'],
  ['/billing', 'billing', 'billing'],
  ['/webhooks', 'webhooks', 'webhooks', 'film'],
  ['/webhooks/:id', 'webhook', 'webhooks', 'film'],
  ['/settings', 'settings', 'settings'],
  ['/admin', 'dashboard', 'dashboard channels', 'chart', 'dashboard'],
  ['/admin/channels', 'channels', 'channels', 'chart', 'channels'],
  ['/admin/models', 'models', 'models'],
  ['/admin/users', 'users', 'users'],
  ['/admin/users/:id', 'user', 'users'],
  ['/admin/groups', 'groups', 'groups'],
  ['/admin/credit', 'credit', 'credit'],
  ['/admin/tasks', 'all-tasks', 'tasks', 'film', 'tasks'],
  ['/admin/tasks/:id', 'any-task', 'tasks player', 'film', 'player'],
  ['/admin/audit', 'audit', 'audit'],
  ['/admin/system', 'system', 'system', 'system'],
]

/** The page at an address, if there is one. @param {string} path */
function find(path) {
  for (const [pattern, module, catalogues, ...styles] of PAGES) {
    const params = match(pattern, path)
    if (params) return { module, catalogues: catalogues.split(' '), styles, params, forOperators: pattern.startsWith('/admin') }
  }
  return null
}

/** What a page needs beside its code and texts; the first page has it all.
 * @param {{ module: string, styles: string[] }} found */
function furnish({ module, styles }) {
  if (module === 'overview') return []
  return [dress('pages'), ...styles.map(dress), import('./ui/icons-more.js')]
}

/** @typedef {{ component: any, params: Record<string, string>, path: string } | { error: any, path: string }} Ready */

/** A page's code that could not be had: the gateway is away, or a newer one has other files.
 * @param {unknown} error */
async function unloaded(error) {
  if (!(error instanceof TypeError)) return failure(error)
  const isThere = await fetch(`${PREFIX}/healthz`, { cache: 'no-store' }).then((answer) => answer.ok, () => false)
  if (isThere) return new ApiFailure(error.message, { code: 'other_version' })
  away()
  return new ApiFailure(error.message)
}

/** What is at an address, once its code and texts are here. @param {string} path */
function usePage(path) {
  const [ready, setReady] = useState(/** @type {Ready | null} */ (null))
  useEffect(() => {
    let isWanted = true
    const found = find(path)
    if (!found) return setReady({ error: 'missing', path })
    if (found.forOperators && !isOperator()) return setReady({ error: 'forbidden', path })
    const keep = (/** @type {Ready} */ it) => isWanted && setReady(it)
    Promise.all([import(`./pages/${found.module}.js`), load(...found.catalogues), ...furnish(found)]).then(
      ([module]) => keep({ component: module.default, params: found.params, path }),
      async (error) => keep({ error: await unloaded(error), path }),
    )
    return () => {
      isWanted = false
    }
  }, [path, session.value?.account?.role, returns.value])
  return ready
}

function Page() {
  const { path, query } = place.value
  const ready = usePage(path)
  const seen = useRef('')
  useEffect(() => {
    if (ready?.path !== path) return
    if (seen.current !== path) scrollTo(0, 0)
    seen.current = path
    const title = document.querySelector('#main h1')
    document.title = title ? `${title.textContent} · Rushes` : 'Rushes'
    if (title instanceof HTMLElement && document.activeElement === document.body) title.focus({ preventScroll: true })
  }, [ready, language.value])
  if (!ready) return html`<div class="waiting" aria-busy="true"></div>`
  if ('error' in ready) return html`<${Nothing} why=${ready.error} />`
  return html`<${Safe} key=${ready.path}><${ready.component} params=${ready.params} query=${query} /><//>`
}

/** @param {{ why: any }} props */
function Nothing({ why }) {
  if (typeof why !== 'string') return html`<h1 class="sr">Rushes</h1><${Failure} error=${why} onRetry=${() => location.reload()} />`
  return html`<h1 class="sr">${t(`shell.${why}`)}</h1><section class="card"><${Empty} title=${t(`shell.${why}`)} text=${t(`shell.${why}Why`)}>
    <${Button} href=${to('/')} icon="house">${t('shell.home')}<//><//></section>`
}

/** Keeps a page's fault to that page. */
class Safe extends Component {
  /** @param {any} props */
  constructor(props) {
    super(props)
    this.state = { error: null }
  }

  /** @param {unknown} error */
  static getDerivedStateFromError(error) {
    return { error: failure(error) }
  }

  /** @param {any} props @param {any} state */
  render(props, state) {
    return state.error ? html`<${Failure} error=${state.error} onRetry=${() => this.setState({ error: null })} />` : props.children
  }
}

/** The sign-in page, which has no frame. */
function Door() {
  const [component, setComponent] = useState(/** @type {any} */ (null))
  const [error, setError] = useState(/** @type {any} */ (null))
  useEffect(() => {
    Promise.all([import('./pages/login.js'), load('login'), ...['pages', 'film', 'login'].map(dress)]).then(
      ([module]) => setComponent(() => module.default), async (problem) => setError(await unloaded(problem)))
  }, [])
  return html`${component && html`<${component} />`}${error && html`<main class="boot"><${Nothing} why=${error} /></main>`}<${PageVoices} />`
}

function App() {
  const { path } = place.value
  const who = session.value
  useEffect(() => {
    if (who === undefined) return
    if (!who && path !== '/login') {
      const next = path + location.search
      go(`/login${next === '/' ? '' : `?next=${encodeURIComponent(next)}`}`, { replace: true })
    }
    // A one-time link is used also by who is signed in: it may be another's.
    if (who && path === '/login' && !location.hash.startsWith('#t=')) go(after(), { replace: true })
  }, [who, path])
  if (who === undefined) return html`<div class="waiting" aria-busy="true"></div>`
  if (path === '/login') return html`<${Door} />`
  return who ? html`<${Shell}><${Page} /><//>` : null
}

/** Where somebody was going before they signed in: never out of the console. */
function after() {
  const next = place.value.query.get('next') ?? '/'
  return next.startsWith('/') && !next.startsWith('//') && !next.startsWith('/login') ? next : '/'
}

/** A fault in what a click set off breaks no page, so it is said here. */
function watchFaults() {
  const say = (/** @type {Event} */ event) => {
    // What browsers tell of a size that changed while it was looked at: nothing is lost by it.
    if (event instanceof ErrorEvent && event.message.startsWith('ResizeObserver')) return
    toast(t('shell.fault'), { tone: 'bad' })
  }
  addEventListener('error', say)
  addEventListener('unhandledrejection', say)
}

async function begin() {
  showTheme()
  showLanguage()
  start()
  watchFaults()
  const [loaded, known] = await Promise.allSettled([load('shell', 'errors'), refresh()])
  const root = document.getElementById('root')
  if (!root) return
  root.textContent = ''
  if (loaded.status === 'rejected') root.textContent = String(loaded.reason)
  else if (known.status === 'rejected') {
    render(html`<main class="boot"><h1 class="sr">Rushes</h1><${Failure} error=${failure(known.reason)} onRetry=${() => location.reload()} /></main>`, root)
  } else render(html`<${App} />`, root)
}

begin()
