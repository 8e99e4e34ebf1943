// Small things that say a value: money, moments, states.

import { ago, exact, full, money, when } from '../core/format.js'
import { html, names } from '../core/html.js'
import { t } from '../core/i18n.js'
import { Icon } from './icon.js'

/** An amount to the cent; exactly where the pointer rests. @param {{ of: import('../core/format.js').Amount | null | undefined, class?: string }} props */
export function Money({ of, class: more }) {
  return html`<span class=${names('mono', more)} title=${of ? exact(of) : undefined}>${money(of)}</span>`
}

/** A moment, in full where the pointer rests. @param {{ at: number | null | undefined, relative?: boolean }} props seconds since 1970 */
export function Time({ at, relative }) {
  if (at == null) return html`<span>—</span>`
  const iso = new Date(at * 1_000).toISOString()
  return html`<time datetime=${iso} title=${full(at)}>${relative ? ago(at) : when(at)}</time>`
}

/** @param {{ children: any, test?: boolean, icon?: string }} props */
export function Tag({ children, test, icon }) {
  return html`<span class=${names('tag', test && 'test')}>${icon && html`<${Icon} name=${icon} size="s" />`}${children}</span>`
}

/** How a task stands, in the console's words.
 * @typedef {'waiting' | 'submitted' | 'running' | 'succeeded' | 'failed' | 'cancelled'} Standing */

/** What the public task says, in the console's words. @param {any} task the data object of the API @returns {Standing} */
export function standing(task) {
  switch (task.status) {
    case 'SUCCESS': return 'succeeded'
    case 'FAILURE': return task.error?.code === 'cancelled' ? 'cancelled' : 'failed'
    case 'IN_PROGRESS': return 'running'
    case 'SUBMITTED': return 'submitted'
    default: return 'waiting'
  }
}

const LOOKS = /** @type {const} */ ({
  waiting: ['', 'circle-dashed'],
  submitted: ['run', 'loader-circle'],
  running: ['run', 'loader-circle'],
  succeeded: ['good', 'circle-check'],
  failed: ['bad', 'circle-x'],
  cancelled: ['', 'ban'],
})

/** @param {{ of: Standing }} props */
export function State({ of }) {
  const [tone, icon] = LOOKS[of]
  return html`<${Status} tone=${tone} icon=${icon}>${t(`shell.state.${of}`)}<//>`
}

/** Any state: an icon and a word. @param {{ tone?: string, icon: string, children: any, still?: boolean }} props */
export function Status({ tone, icon, children, still }) {
  return html`<span class=${names('st', tone, still && 'still')}><${Icon} name=${icon} /><span>${children}</span></span>`
}

/** The percent of a task as a number. @param {any} task */
export const progress = (task) => Number.parseInt(task.progress ?? '0', 10) || 0

/** Progress in exposed frames. @param {{ percent: number, big?: boolean, tone?: 'done' | 'bad' | '', label?: string }} props */
export function Reel({ percent, big, tone, label }) {
  const frames = big ? 24 : 12
  const lit = Math.round((percent / 100) * frames)
  const step = 100 / frames
  return html`<svg class=${names('reel', big && 'big', tone)} viewBox="0 0 100 12" preserveAspectRatio="none" role="progressbar"
    aria-valuenow=${percent} aria-valuemin="0" aria-valuemax="100" aria-label=${label ?? t('shell.progress')}>
    ${Array.from({ length: frames }, (_, at) => html`<rect key=${at} class=${at < lit ? 'on' : undefined} x=${at * step + 0.5} y="0"
      width=${step - 1.1} height="12" rx=".6" />`)}</svg>`
}

/** A share of a limit. @param {{ share: number, label: string }} props between 0 and 1 */
export function Meter({ share, label }) {
  return html`<progress class=${names('meter', share >= 0.9 && 'hot')} max="100" value=${Math.min(100, share * 100)} aria-label=${label}></progress>`
}

/** Pairs of a word and a value. @param {{ of: readonly ([any, any] | null | false | undefined)[] }} props */
export function Facts({ of }) {
  const pairs = /** @type {[any, any][]} */ (of.filter(Boolean))
  return html`<dl class="kv">${pairs.map(([word, value], at) => html`<dt key=${`t${at}`}>${word}</dt><dd key=${`d${at}`}>${value}</dd>`)}</dl>`
}

/** A few big numbers. @param {{ of: readonly { label: any, value: any, small?: any, detail?: any }[] }} props */
export function Kpis({ of }) {
  return html`<div class="kpis">${of.map((it, at) => html`<div class="kpi" key=${at}><span class="k">${it.label}</span>
    <span class="v">${it.value}${it.small && html`<small>${it.small}</small>`}</span><span class="d">${it.detail}</span></div>`)}</div>`
}
