// Film: the gate round a picture, the leader while one waits, the slate over a task, the cut list.

import { duration } from '../core/format.js'
import { html, names } from '../core/html.js'
import { t } from '../core/i18n.js'
import { Reel } from './values.js'

/** A picture between two rows of perforations. @param {{ children: any, stick?: 'run' | 'bad' | 'good', below?: any, class?: string }} props */
export function Gate({ children, stick, below, class: more }) {
  const row = html`<div class="perf" aria-hidden="true"><i></i></div>`
  return html`<div class=${names('gate', more)}>${stick && html`<div class=${names('stick', stick !== 'good' && stick)} aria-hidden="true"></div>`}
    ${row}<div class="pic">${children}</div>${below}${row}</div>`
}

/** The countdown while a video is made. @param {{ percent: number, children?: any }} props */
export function Leader({ percent, children }) {
  const angle = (Math.min(99.9, percent) / 100) * 2 * Math.PI
  const x = 100 + 80 * Math.sin(angle)
  const y = 100 - 80 * Math.cos(angle)
  const half = percent > 50 ? 1 : 0
  return html`<div class="expose"><svg class="dial" viewBox="0 0 200 200" aria-hidden="true">
    <path class="sw" d=${`M100 100V20A80 80 0 ${half} 1 ${x} ${y}Z`}/><circle class="ln" cx="100" cy="100" r="96"/>
    <circle class="hi" cx="100" cy="100" r="80"/><path class="ln" d="M0 100H200M100 0V200"/>
    <path class="hand" d=${`M100 100V20M100 100 ${x} ${y}`}/><circle class="hub" cx="100" cy="100" r="47"/>
    <text x="100" y="111" text-anchor="middle">${percent}%</text></svg>
    <${Reel} big percent=${percent} />${children && html`<p>${children}</p>`}</div>`
}

/** The head of a task. @param {{ label: string, stick?: 'run' | 'bad' | 'good',
 *   of: readonly ({ term: string, value: any, width?: 2 | 3 | 4 | 6 | 12, say?: boolean } | null | false | undefined)[] }} props */
export function Slate({ label, stick = 'good', of }) {
  const cells = /** @type {any[]} */ (of.filter(Boolean))
  return html`<section class="slate" aria-label=${label}><div class=${names('stick', stick !== 'good' && stick)} aria-hidden="true"></div>
    <dl>${cells.map((it) => html`<div key=${it.term} class=${it.width && it.width !== 2 ? `w${it.width}` : undefined}>
      <dt>${it.term}</dt><dd class=${it.say ? 'say' : undefined}>${it.value}</dd></div>`)}</dl></section>`
}

/** @typedef {{ kind: 'waiting' | 'submitted' | 'running' | 'storing' | 'failed', startMs: number, endMs: number | null, label?: string }} Clip */

const COLOURS = { waiting: 'c0', submitted: 'c1', running: 'c2', storing: 'c3', failed: 'c9' }
const WIDTH = 680
/** About so many marks stand on the ruler. */
const MARKS = 8
const STEPS_SECONDS = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1_800, 3_600, 7_200, 21_600, 86_400]

/** States as clips on a ruler. @param {{ clips: readonly Clip[], nowMs: number }} props */
export function CutList({ clips, nowMs }) {
  if (clips.length === 0) return null
  const start = clips[0].startMs
  const total = Math.max(1, ...clips.map((it) => (it.endMs ?? nowMs) - start))
  const at = (/** @type {number} */ ms) => ((ms - start) / total) * WIDTH
  const seconds = total / 1_000
  const step = STEPS_SECONDS.find((it) => seconds / it <= MARKS) ?? 86_400
  const marks = Array.from({ length: Math.floor(seconds / step) + 1 }, (_, index) => index * step)
  return html`<div class="stack"><div class="scroll" tabindex="0" role="group" aria-label=${t('shell.timeline')}>
    <svg class="cut" viewBox=${`0 0 ${WIDTH} 66`} role="img" aria-label=${describe(clips, nowMs)}>
      ${marks.map((it) => html`<path key=${`p${it}`} class="tick" d=${`M${(it / seconds) * WIDTH} 14V22`}/>`)}
      ${marks.filter((it) => it / seconds < 0.95).map((it) => html`<text key=${`t${it}`} x=${(it / seconds) * WIDTH + 4} y="11">${ruler(it)}</text>`)}
      ${clips.map((it, index) => clip(it, index, at, nowMs))}</svg></div>
    <div class="legs">${clips.map((it, index) => html`<div key=${index} class=${`leg ${COLOURS[it.kind]}`}><b>${it.label ?? t(`shell.clip.${it.kind}`)}</b>
      <span>${it.endMs === it.startMs ? '' : duration((it.endMs ?? nowMs) - it.startMs)}${it.endMs === null ? ' …' : ''}</span></div>`)}</div></div>`
}

/** @param {number} seconds */
const ruler = (seconds) => (seconds < 60 ? `${Math.round(seconds * 10) / 10}s` : `${Math.round(seconds / 6) / 10}m`)

/** @param {Clip} it @param {number} index @param {(ms: number) => number} at @param {number} nowMs */
function clip(it, index, at, nowMs) {
  const x = at(it.startMs)
  const width = Math.max(2, at(it.endMs ?? nowMs) - x - 2)
  const label = it.label ?? t(`shell.clip.${it.kind}`)
  return html`<g key=${index}><rect class=${COLOURS[it.kind]} x=${x + 1} y="26" width=${width} height="34" rx="3"/>
    ${width > 90 && html`<text class=${names('nm', it.kind === 'running' ? 'onl' : 'onw')} x=${x + 12} y="48">${label}</text>`}</g>`
}

/** @param {readonly Clip[]} clips @param {number} nowMs */
function describe(clips, nowMs) {
  return clips.map((it) => `${it.label ?? t(`shell.clip.${it.kind}`)} ${duration((it.endMs ?? nowMs) - it.startMs)}`).join(', ')
}
