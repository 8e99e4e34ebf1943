// The last row: what the tasks that are shown came to.

import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { Money } from '../../ui/values.js'

/** @param {bigint} ticks @returns {import('../../core/format.js').Amount} */
function amount(ticks) {
  const size = ticks < 0n ? -ticks : ticks
  const digits = String(size).padStart(11, '0')
  const fraction = digits.slice(-10).replace(/0{1,8}$/, '')
  return { ticks: String(ticks), amount: `${ticks < 0n ? '-' : ''}${digits.slice(0, -10)}.${fraction}` }
}

/** @param {readonly any[]} amounts */
const sum = (amounts) => amount(amounts.reduce((all, it) => all + BigInt(it?.ticks ?? 0), 0n))

/** @param {readonly any[]} rows @param {number} columns @param {boolean | undefined} forOperators */
export function total(rows, columns, forOperators) {
  // What was given back is no cost.
  const charged = sum(rows.filter((row) => row.state !== 'failed' && row.state !== 'cancelled').map((row) => row.task.cost))
  const after = forOperators ? 2 : 1
  const sub = forOperators && html`<td class="num"><${Money} of=${sum(rows.map((row) => row.upstream_cost))} /><span class="sub"><${Money} of=${sum(rows.map((row) => row.margin))} /></span></td>`
  return html`<tr><td colspan=${columns - 1 - after}>${t('tasks.total')}</td><td class="num"><${Money} of=${charged} /></td>${sub}<td></td></tr>`
}
