// Each change of a task, with its time, and what was booked then.

import { timeMs } from '../../core/format.js'
import { html, names } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { Money } from '../../ui/values.js'

/** @param {{ lines: readonly any[], money: readonly any[], forOperators?: boolean }} props */
export function Log({ lines, money, forOperators }) {
  const booked = bookings(lines, money)
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${t('tasks.log')}><table class="tbl"><caption class="sr">${t('tasks.log')}</caption>
    <thead><tr><th scope="col">${t('tasks.at')}</th><th scope="col">${t('tasks.stateWord')}</th><th scope="col">${t('tasks.happened')}</th></tr></thead>
    <tbody>${lines.map((line, at) => html`<tr key=${at}><td class="mono small nowrap">${timeMs(line.at_ms)}</td>
      <td class=${names('mono small', line.status === 'SUCCESS' && 'good', line.status === 'FAILURE' && 'bad')}>${line.status}</td>
      <td class="small">${tOr(`tasks.event.${line.event}`, line.event)}${detailOf(line, forOperators)}${booked[at].map((it) => html` · ${t(`tasks.booked.${it.kind}`)} <${Money} of=${it.amount} />`)}</td></tr>`)}</tbody></table></div>`
}

/** @param {any} line @param {boolean | undefined} forOperators */
function detailOf(line, forOperators) {
  if (!line.detail) return ''
  return html`<span class=${names(forOperators ? 'mono' : 'dim')}> · ${forOperators ? line.detail : tOr(`errors.${line.detail}`, line.detail)}</span>`
}

/** Which booking stands at which line: a hold at the first, what ended it at the last.
 * @param {readonly any[]} lines @param {readonly any[]} money @returns {any[][]} */
function bookings(lines, money) {
  return lines.map((_, at) => money.filter((it) => (it.kind === 'hold' ? at === 0 : at === lines.length - 1 && lines.length > 1)))
}
