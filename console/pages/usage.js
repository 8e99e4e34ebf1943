// Usage: where the money goes, by day, model or key.
//
// Guarantees: days are those of UTC, and named as such, since sums are kept by them; a day without
// tasks is a zero and no guess; the totals are those of all rows, also where not all are shown.

import { address, get } from '../core/api.js'
import { NONE, dollars, money, number, percent } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useResource } from '../core/resource.js'
import { go, setQuery, to } from '../core/router.js'
import { useEffect, useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Bars } from '../ui/chart.js'
import { Empty, Loaded, Note } from '../ui/feedback.js'
import { Select, TextField } from '../ui/field.js'
import { Card, Head, Table } from '../ui/table.js'
import { Kpis, Money } from '../ui/values.js'
import { dayText, daysOf, endOf, firstOf, isDay, minus, startOf, today } from './usage/days.js'

/** How often it is asked for anew, in milliseconds. */
const EVERY_MS = 60_000
/** The ranges that are offered, in days. */
const RANGES = [7, 30, 90]
const RANGE_DEFAULT = 30
const GROUPS = /** @type {const} */ (['day', 'model', 'key'])
const MEASURES = /** @type {const} */ (['amount', 'videos', 'seconds'])

/** @typedef {{ from: string, to: string, days: number | null }} Range `days` if it is one that is offered. */

/** @param {URLSearchParams} query @returns {Range} */
function rangeOf(query) {
  const [from, until] = [query.get('from'), query.get('to')]
  if (from && until && isDay(from) && isDay(until)) return { from, to: until, days: null }
  const days = RANGES.find((it) => String(it) === query.get('days')) ?? RANGE_DEFAULT
  return { from: firstOf(today(), days), to: today(), days }
}

/** One of a few words of the address. @template {string} T @param {URLSearchParams} query @param {string} name
 * @param {readonly T[]} known @returns {T} */
const wordOf = (query, name, known) => known.find((it) => it === query.get(name)) ?? known[0]

/** @param {{ query: URLSearchParams }} props */
export default function Usage({ query }) {
  const range = rangeOf(query)
  const group = wordOf(query, 'by', GROUPS)
  const asked = { from: range.from, to: range.to }
  const inputs = [range.from, range.to]
  const days = useResource((signal) => get('/api/usage', { ...asked, group_by: 'day' }, { signal }), inputs, { everyMs: EVERY_MS })
  const groups = useResource(
    async (signal) => (group === 'day' ? null : get('/api/usage', { ...asked, group_by: group }, { signal })),
    [...inputs, group], { everyMs: group === 'day' ? undefined : EVERY_MS })
  const rows = group === 'day' ? days : groups
  // What is wrong with the days stands at their fields, and nowhere else.
  const isAsked = !['from', 'to'].includes(days.error?.param ?? '')
  return html`<${Head} title=${t('usage.title')} text=${t('usage.text')}>
      <${Button} icon="download" href=${address('/api/usage.csv', { ...asked, group_by: group })} download>${t('usage.csv')}<//><//>
    <div class="stack wide"><${Choice} range=${range} error=${days.error} />
      ${isAsked && html`<${Loaded} of=${days} lines=${4}>${(/** @type {any} */ usage) => html`<${Sums} total=${usage.total} />
        <${Chart} usage=${usage} measure=${wordOf(query, 'show', MEASURES)} />`}<//>
      <${Card} title=${t('usage.table')} end=${html`<${Select} aria-label=${t('usage.groupBy')} value=${group}
          options=${GROUPS.map((it) => ({ value: it, label: t(`usage.by.${it}`) }))} onChange=${(/** @type {string} */ it) => setQuery({ by: it === 'day' ? null : it })} />`}>
        <${Loaded} of=${rows} lines=${4}>${(/** @type {any} */ usage) => usage?.group_by === group && html`<${Rows} usage=${usage} />`}<//><//>`}</div>`
}

/** No day before it has usage. */
const EARLIEST = '1970'

/** Which days: one of the ranges, or from one day to another.
 * @param {{ range: Range, error: import('../core/api.js').ApiFailure | null }} props */
function Choice({ range, error }) {
  const [from, setFrom] = useState(range.from)
  const [until, setUntil] = useState(range.to)
  useEffect(() => {
    setFrom(range.from)
    setUntil(range.to)
  }, [range.from, range.to])
  const choose = (/** @type {string} */ first, /** @type {string} */ last) => {
    setFrom(first)
    setUntil(last)
    // A year that is being typed begins with zeros.
    if (isDay(first) && isDay(last) && first > EARLIEST && last > EARLIEST) setQuery({ from: first, to: last, days: null }, { replace: true })
  }
  const chip = (/** @type {number} */ days) => html`<button key=${days} type="button" class="chip" aria-pressed=${range.days === days}
    onClick=${() => setQuery({ days: days === RANGE_DEFAULT ? null : days, from: null, to: null })}>${t('usage.lastDays', days)}</button>`
  const wrong = (/** @type {string} */ name) => (error?.param === name ? error.message : null)
  return html`<div class="card"><div class="cb stack"><div class="row wrap gap-4"><div class="row wrap grow" role="group" aria-label=${t('usage.range')}>${RANGES.map(chip)}</div>
    <${TextField} label=${t('usage.from')} type="date" max=${until} value=${from} error=${wrong('from')}
        onInput=${(/** @type {string} */ day) => choose(day, until)} />
      <${TextField} label=${t('usage.to')} type="date" min=${from} max=${today()} value=${until} error=${wrong('to')}
        onInput=${(/** @type {string} */ day) => choose(from, day)} /></div>
    <p class="hint">${t('usage.utc')}</p></div></div>`
}

/** The share of those that ended by themselves; what was called off says nothing of success.
 * @param {any} sums @returns {number | null} */
const success = ({ succeeded, failed }) => (succeeded + failed > 0 ? succeeded / (succeeded + failed) : null)

/** @param {{ total: any }} props */
function Sums({ total }) {
  const { succeeded, failed, cancelled, seconds, amount } = total
  return html`<${Kpis} of=${[
    { label: t('usage.spent'), value: html`<${Money} of=${amount} />`, detail: t('usage.spentWhy') },
    { label: t('usage.videos'), value: number(succeeded), detail: t('usage.others', number(failed), number(cancelled)) },
    { label: t('usage.success'), value: percent(success(total)), detail: t('usage.successWhy') },
    { label: t('usage.seconds'), value: number(seconds), small: t('usage.secondsUnit'), detail: t('usage.secondsWhy') },
  ]} />`
}

/** Bars per day. @param {{ usage: any, measure: typeof MEASURES[number] }} props */
function Chart({ usage, measure }) {
  /** @type {Map<string, any>} */
  const known = new Map(usage.data.map((/** @type {any} */ row) => [row.day, row]))
  const days = daysOf(usage.from, usage.to)
  const { series, values, say, total } = MEASURE[measure](usage.total)
  const bins = days.map((day) => ({ label: dayText(day), full: t('usage.dayUtc', dayText(day)), values: values(known.get(day)) }))
  const busiest = usage.data.reduce((/** @type {any} */ most, /** @type {any} */ row) => (sum(values(row)) > sum(values(most)) ? row : most), undefined)
  const summary = sum(values(busiest)) > 0
    ? t('usage.summary', total, days.length, dayText(busiest.day), say(sum(values(busiest))))
    : t('usage.summaryNone', days.length)
  const pick = (/** @type {number} */ at) => known.has(days[at]) && go(tasksOf({ day: days[at] }, usage))
  return html`<${Card} title=${t('usage.chart')} text=${t('usage.chartText')} padded end=${html`<${Select} aria-label=${t('usage.show')} value=${measure}
      options=${MEASURES.map((it) => ({ value: it, label: t(`usage.measure.${it}`) }))}
      onChange=${(/** @type {string} */ it) => setQuery({ show: it === MEASURES[0] ? null : it })} />`}>
    <${Bars} title=${t(`usage.measure.${measure}`)} summary=${summary} bins=${bins} series=${series} say=${say} onPick=${pick} /><//>`
}

/** @param {readonly number[]} values */
const sum = (values) => values.reduce((all, it) => all + it, 0)

const cash = (/** @type {number} */ value) =>
  number(value, { style: 'currency', currency: 'USD', currencyDisplay: 'narrowSymbol', maximumFractionDigits: value > 0 && value < 0.1 ? 4 : 2 })

/** What the bars stand for: the series, a day's values, and how they are said.
 * @type {Record<typeof MEASURES[number], (total: any) => { series: import('../ui/chart.js').Series[], values: (row: any) => number[],
 *   say: (value: number) => string, total: string }>} */
const MEASURE = {
  amount: (total) => ({ series: [{ label: t('usage.measure.amount') }], values: (row) => [dollars(row?.amount)], say: cash, total: money(total.amount) }),
  videos: (total) => ({
    series: [{ label: t('usage.succeeded'), colour: 1 }, { label: t('usage.failed'), colour: 'b' }, { label: t('usage.cancelled'), colour: 3 }],
    values: (row) => [row?.succeeded ?? 0, row?.failed ?? 0, row?.cancelled ?? 0], say: (value) => number(value),
    total: number(total.succeeded + total.failed + total.cancelled),
  }),
  seconds: (total) => ({
    series: [{ label: t('usage.measure.seconds'), colour: 2 }], values: (row) => [row?.seconds ?? 0],
    say: (value) => t('usage.secondsShort', number(value)), total: t('usage.secondsShort', number(total.seconds)),
  }),
}

/** The tasks behind a row, as the tasks' page finds them. @param {any} row @param {any} usage */
function tasksOf(row, usage) {
  const [first, last] = row.day ? [row.day, row.day] : [usage.from, usage.to]
  const query = new URLSearchParams({ since: String(startOf(first)), until: String(endOf(last)) })
  if (row.model) query.set('model', row.model)
  if (row.key_id != null) query.set('key_id', String(row.key_id))
  return `/tasks?${query}`
}

/** @param {any} row */
const nameOf = (row) => (row.day ? dayText(row.day, true) : row.model ?? (row.key_name || t('usage.keyNumber', row.key_id)))

/** @param {any} usage */
const COLUMNS = (usage) => [
  { id: 'of', label: t(`usage.of.${usage.group_by}`), lead: true, cell: (/** @type {any} */ row) => html`<a href=${to(tasksOf(row, usage))}
      title=${t('usage.toTasks')} class=${row.model ? 'mono' : undefined}>${nameOf(row)}</a>` },
  { id: 'succeeded', label: t('usage.videos'), number: true, cell: (/** @type {any} */ row) => number(row.succeeded) },
  { id: 'failed', label: t('usage.failed'), number: true, cell: (/** @type {any} */ row) => number(row.failed) },
  { id: 'cancelled', label: t('usage.cancelled'), number: true, cell: (/** @type {any} */ row) => number(row.cancelled) },
  { id: 'success', label: t('usage.success'), number: true, cell: (/** @type {any} */ row) => percent(success(row)) },
  { id: 'seconds', label: t('usage.seconds'), number: true, cell: (/** @type {any} */ row) => number(row.seconds) },
  { id: 'amount', label: t('usage.spent'), number: true, cell: (/** @type {any} */ row) => html`<${Money} of=${row.amount} />` },
  { id: 'share', label: t('usage.share'), number: true, cell: (/** @type {any} */ row) => share(row, usage.total) },
]

/** @param {any} row @param {any} total */
function share(row, total) {
  if (total.amount.ticks === '0') return NONE
  const of = Number(row.amount.ticks) / Number(total.amount.ticks)
  return html`<div class="stack tight">${percent(of)}<progress class="meter" max="1" value=${of} aria-label=${t('usage.share')}></progress></div>`
}

/** @param {{ usage: any }} props */
function Rows({ usage }) {
  // By day the newest first; else what cost the most.
  const rows = [...usage.data].sort((one, other) =>
    usage.group_by === 'day' ? other.day.localeCompare(one.day)
      : Number(BigInt(other.amount.ticks) - BigInt(one.amount.ticks)) || other.seconds - one.seconds || other.failed - one.failed)
  if (rows.length === 0) {
    return html`<${Empty} title=${t('usage.empty')} text=${t('usage.emptyText')}><${Button} icon="clapperboard" href=${to('/playground')}>${t('usage.first')}<//><//>`
  }
  const columns = COLUMNS(usage)
  const foot = html`<tr>${columns.map((it) => html`<td key=${it.id} class=${it.number ? 'num' : 'lead'} data-l=${it.lead ? undefined : it.label}>
    ${it.lead ? t('usage.total') : it.id === 'share' ? percent(usage.total.amount.ticks === '0' ? null : 1) : it.cell(usage.total)}</td>`)}</tr>`
  const idle = minus(usage.to, usage.from) + 1 - rows.length
  return html`${usage.has_more && html`<div class="cb"><${Note}>${t('usage.hasMore', number(rows.length))}<//></div>`}
    <${Table} caption=${t('usage.table')} columns=${columns} rows=${rows} id=${(/** @type {any} */ row) => row.day ?? row.model ?? row.key_id} foot=${foot} />
    ${usage.group_by === 'day' && idle > 0 && html`<div class="foot"><span>${t('usage.idle', idle)}</span></div>`}`
}
