// Sign in: by password, by a one-time link, or with a new account where the operator allows it.

import { get, post } from '../core/api.js'
import { html } from '../core/html.js'
import { t, tOr } from '../core/i18n.js'
import { PUBLIC_URL, VERSION } from '../core/place.js'
import { failure, useInterval, useResource } from '../core/resource.js'
import { go, place } from '../core/router.js'
import { refresh, session, signIn } from '../core/session.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Failure, Note } from '../ui/feedback.js'
import { TextField, useFieldErrors } from '../ui/field.js'
import { Mark } from '../ui/icon.js'
import { Switches } from '../ui/shell.js'

/** @typedef {'password' | 'link' | 'register'} Way */

export default function Login() {
  const [way, setWay] = useState(/** @type {Way} */ ('password'))
  const info = useResource(() => get('/api/console', undefined, { quiet: true }), []).data
  return html`<div class="gatein"><${Poster} /><main class="door"><div class="row"><span class="grow"></span><${Switches} /></div>
    <div class="mid"><div class="stack tight"><h1>${t(way === 'register' ? 'login.registerTitle' : 'login.title')}</h1>
      <p class="dim"><span class="mono">${PUBLIC_URL.replace(/^https?:\/\//, '')}</span></p></div>
      ${info?.first_run && html`<${Note} icon="info" tone="plain" title=${t('login.firstStart')}>
        <span class="dim">${t('login.firstStartText')} <code class="inline">bootstrap.json</code></span><//>`}
      ${info?.insecure_cookie && html`<${Note} icon="triangle-alert"><span>${t('login.openLine')}</span><//>`}
      <${Form} way=${way} />
      <div class="or"><span>${t('login.or')}</span></div>
      <div class="stack tight">${way === 'password'
        ? html`<${Button} icon="link" onClick=${() => setWay('link')}>${t('login.pasteLink')}<//>`
        : html`<${Button} icon="key-round" onClick=${() => setWay('password')}>${t(way === 'register' ? 'login.haveAccount' : 'login.usePassword')}<//>`}
        ${info?.registration === 'open' && way !== 'register' && html`<${Button} kind="quiet" onClick=${() => setWay('register')}>${t('login.register')}<//>`}</div></div>
    <p class="small dim3">${t('login.foot', VERSION)}</p></main></div>`
}

/** The one-time token that the address brought, taken out of it so that no history keeps it. */
function takeToken() {
  const token = tokenOf(location.hash)
  if (token) history.replaceState(null, '', location.pathname + location.search)
  return token
}

/** @param {string} text */
const tokenOf = (text) => /#t=([0-9A-Za-z_-]+)\s*$/.exec(text)?.[1] ?? null

/** @param {{ way: Way }} props */
function Form({ way }) {
  const [values, setValues] = useState({ name: '', password: '', display_name: '', link: '' })
  const [error, setError] = useState(/** @type {any} */ (null))
  const [busy, setBusy] = useState(false)
  const errors = useFieldErrors(error, ['name', 'password', 'display_name', 'link'])
  const wait = useWait(error)
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) => setValues({ ...values, [name]: value })
  const enter = async (/** @type {() => Promise<unknown>} */ act) => {
    setBusy(true)
    setError(null)
    await act().then(leave, (problem) => setError(failure(problem)))
    setBusy(false)
  }
  useEffect(() => {
    const token = takeToken()
    if (token) enter(() => signIn({ token }))
  }, [])
  useEffect(() => setError(null), [way])
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault()
    enter(() => come(way, values))
  }
  const { name, password } = values
  const isWaiting = wait > 0
  return html`<form class="stack" key=${way} ref=${errors.form} novalidate onSubmit=${submit}>
    ${way === 'link' && html`<${TextField} label=${t('login.link')} hint=${t('login.linkHint')} mono autofocus autocomplete="off" spellcheck=${false}
      value=${values.link} onInput=${set('link')} error=${error?.code === 'no_link' ? t('login.linkWrong') : null} />`}
    ${way !== 'link' && html`<${TextField} label=${t('login.name')} autocomplete="username" autocapitalize="none" spellcheck=${false} autofocus
        value=${name} onInput=${set('name')} error=${errors.of('name')} />
      ${way === 'register' && html`<${TextField} label=${t('login.displayName')} optional=${t('login.optional')} autocomplete="name"
        value=${values.display_name} onInput=${set('display_name')} error=${errors.of('display_name')} />`}
      <${TextField} label=${t('login.password')} type="password" autocomplete=${way === 'register' ? 'new-password' : 'current-password'}
        hint=${way === 'register' ? t('login.passwordHint') : undefined} value=${password} onInput=${set('password')} error=${errors.of('password')} />`}
    <${Refusal} error=${errors.rest} wait=${wait} />
    <${Button} kind="lamp" type="submit" busy=${busy} disabled=${isWaiting}>${t(way === 'register' ? 'login.register' : 'login.submit')}<//></form>`
}

/** What went wrong, in one sentence. @param {{ error: any, wait: number }} props */
function Refusal({ error, wait }) {
  if (!error || error.code === 'no_link') return null
  if (wait > 0) return html`<${Note} icon="clock" tone="bad"><span role="alert">${t('login.wait', wait)}</span><//>`
  if (error.code === 'invalid_credentials') {
    return html`<${Note} icon="circle-alert" tone="bad"><span role="alert">${tOr('errors.invalid_credentials', error.message)}</span><//>`
  }
  return html`<${Failure} error=${error} />`
}

/** Seconds until it makes sense to try again. @param {any} error */
function useWait(error) {
  const [wait, setWait] = useState(0)
  const until = useRef(0)
  useEffect(() => {
    until.current = Date.now() + (error?.retryAfterSeconds ?? 0) * 1_000
    setWait(error?.retryAfterSeconds ?? 0)
  }, [error])
  useInterval(() => setWait(Math.max(0, Math.ceil((until.current - Date.now()) / 1_000))), wait > 0 ? 500 : undefined)
  return wait
}

/** @param {Way} way @param {{ name: string, password: string, display_name: string, link: string }} values */
async function come(way, values) {
  const { name, password, display_name, link } = values
  if (way === 'register') {
    await post('/api/register', { name, password, display_name }, { quiet: true })
    return refresh()
  }
  if (way === 'password') return signIn({ name, password })
  const token = tokenOf(link) ?? (/^[0-9a-f]{20,}$/.test(link.trim()) ? link.trim() : null)
  if (!token) throw Object.assign(failure(new Error('no link')), { code: 'no_link' })
  return signIn({ token })
}

/** On to where the person was going; the app sees to that once there is a session. */
function leave() {
  if (session.value && place.value.path === '/login') {
    const next = place.value.query.get('next') ?? '/'
    go(next.startsWith('/') && !next.startsWith('//') ? next : '/', { replace: true })
  }
}

function Poster() {
  const row = html`<div class="perf" aria-hidden="true"><i></i></div>`
  return html`<section class="leader" aria-label=${t('login.about')}>${row}<div class="art"><svg viewBox="0 0 400 400" role="img" aria-label=${t('login.leader')}>
    <path class="sw" d="M200 200V40A160 160 0 0 1 338.6 280Z"/><circle class="ln" cx="200" cy="200" r="188"/><circle class="hi" cx="200" cy="200" r="160"/>
    <circle class="ln" cx="200" cy="200" r="138"/><path class="ln" d="M0 200H400M200 0V400"/><path class="hand" d="M200 200V40M200 200 338.6 280"/>
    <text x="200" y="252" text-anchor="middle">3</text></svg></div>
    <div class="words"><div class="row"><${Mark} /><span class="brand-name">Rushes<small>样片</small></span></div>
    <b>${t('login.motto')}</b><p>${t('login.what')}</p></div>${row}</section>`
}
