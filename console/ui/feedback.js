// Loading, nothing there, broken; notes and short messages.

import { dismiss, heard, stages, toasts } from '../core/announce.js'
import { ago } from '../core/format.js'
import { html, names } from '../core/html.js'
import { t, tOr } from '../core/i18n.js'
import { useEffect, useState } from '../vendor/hooks.js'
import { Button } from './button.js'
import { CopyButton } from './copy.js'
import { Icon } from './icon.js'

/** Nothing is shown for so long, in milliseconds: what is quick should not flicker. */
const PATIENCE_MS = 200

/** True once something takes longer than a moment. */
export function useIsSlow() {
  const [slow, setSlow] = useState(false)
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS)
    return () => clearTimeout(timer)
  }, [])
  return slow
}

/** Lines where text will be. @param {{ lines?: number, picture?: boolean }} props */
export function Skeleton({ lines = 3, picture }) {
  const slow = useIsSlow()
  if (!slow) return html`<div class="waiting" aria-busy="true"></div>`
  const widths = ['w1', 'w2', 'w3']
  return html`<div class="stack skeleton" aria-busy="true"><span class="sr">${t('shell.loading')}</span>
    ${Array.from({ length: lines }, (_, at) => html`<div class="row" key=${at}>
      ${picture && html`<span class="skel pic"></span>`}
      <span class="grow stack tight"><span class=${`skel ${widths[at % 3]}`}></span>
      <span class="skel w2"></span></span></div>`)}</div>`
}

/** Nothing there yet. @param {{ title: string, text?: any, children?: any }} props */
export function Empty({ title, text, children }) {
  return html`<div class="empty"><svg class="slate-art" viewBox="0 0 108 84" aria-hidden="true">
    <g fill="none" stroke="currentColor" stroke-width="2"><rect x="4" y="30" width="100" height="50" rx="4"/>
    <path d="M4 30 98 8l6 16-94 22" stroke-linejoin="round"/><path d="m24 25 12 13M46 20l12 13M68 15l12 13"/>
    <path d="M18 60h40M18 68h26"/></g></svg>
    <p class="b">${title}</p>${text && html`<p class="small">${text}</p>`}${children}</div>`
}

/** What failed, by its code, with the request's id to copy. The words of the API are English; where
 * there are ours for the code they come first.
 * @param {{ error: import('../core/api.js').ApiFailure, what?: string, onRetry?: () => void }} props */
export function Failure({ error, what, onRetry }) {
  return html`<div class="note bad" role="alert"><${Icon} name="circle-x" /><div class="grow">
    <p class="b">${what ?? tOr(`errors.${error.code}`, error.message)}</p>
    <p class="small">${explain(error)}</p>
    <p class="small dim row wrap"><span class="mono">${error.code}${error.requestId ? ` · ${error.requestId}` : ''}</span>
      ${error.requestId && html`<${CopyButton} bare text=${error.requestId} label=${t('shell.copyRequestId')} />`}</p></div>
    ${onRetry && html`<${Button} small icon="rotate-ccw" onClick=${onRetry}>${t('shell.retry')}<//>`}</div>`
}

/** @param {import('../core/api.js').ApiFailure} error */
function explain(error) {
  const wait = error.retryAfterSeconds ? ` ${t('shell.retryIn', error.retryAfterSeconds)}` : ''
  return (error.code === 'unreachable' ? t('shell.unreachable') : error.message) + wait
}

/** @param {{ icon?: string, tone?: 'plain' | 'bad' | 'lamp', title?: any, children?: any, end?: any }} props */
export function Note({ icon = 'info', tone = 'lamp', title, children, end }) {
  return html`<div class=${names('note', tone !== 'lamp' && tone)}><${Icon} name=${icon} /><div class="grow">
    ${title && html`<p class="b small">${title}</p>`}${children && html`<div class="small">${children}</div>`}</div>${end}</div>`
}

/** A list, a form or a page that has to be asked for first.
 * @param {{ of: import('../core/resource.js').Resource<any>, lines?: number, picture?: boolean,
 *   children: (data: any) => any }} props */
export function Loaded({ of, lines, picture, children }) {
  const { data, error, reload, at } = of
  const body = typeof children === 'function' ? children : (/** @type {any} */ (children))[0]
  if (data === undefined) {
    if (error) return html`<div class="cb"><${Failure} error=${error} onRetry=${reload} /></div>`
    return html`<div class="cb"><${Skeleton} lines=${lines} picture=${picture} /></div>`
  }
  return html`${error && html`<div class="cb"><${Note} icon="wifi-off" end=${html`<${Button} small icon="rotate-ccw"
      onClick=${reload}>${t('shell.retry')}<//>`}>${t('shell.stale', ago(at / 1_000))}<//></div>`}${body(data)}`
}

/** What is said at the foot of the page unless a dialog is open, which says it itself. */
export const PageVoices = () => (stages.value.length > 0 ? null : html`<${Voices} />`)

/** The foot of the page, and what is read aloud. */
export function Voices() {
  return html`<div class="toasts">${toasts.value.map((it) => html`<div class=${names('toast', it.tone)} key=${it.id} role="status">
      <${Icon} name=${it.tone === 'bad' ? 'circle-alert' : 'check'} size="s" /><span>${it.text}</span>
      ${it.action && html`<button type="button" onClick=${() => { dismiss(it.id); it.action?.act() }}>${it.action.label}</button>`}
      <button type="button" aria-label=${t('shell.close')} onClick=${() => dismiss(it.id)}><${Icon} name="x" size="s" /></button></div>`)}</div>
    <div class="sr" aria-live="polite">${heard.value}</div>`
}
