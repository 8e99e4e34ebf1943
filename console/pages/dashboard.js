// The dashboard: is anything broken, is it slow, does it earn.

import { get } from '../core/api.js'
import { dollars, duration, exact, money, number, percent, time, when } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useResource } from '../core/resource.js'
import { setQuery, to } from '../core/router.js'
import { Button } from '../ui/button.js'
import { Bars, Health, Lines } from '../ui/chart.js'
import { Empty, Loaded } from '../ui/feedback.js'
import { Segments } from '../ui/field.js'
import { Card, Head, Table } from '../ui/table.js'
import { Kpis, Money } from '../ui/values.js'
import { Breaker } from './channels/breaker.js'
import { Events } from './dashboard/events.js'
import { Problems } from './dashboard/problems.js'

// The words for breakers and their errors are those of the channels' page.
const RANGES = ['1h', '24h', '7d']
/** How often it is asked for anew, in milliseconds. */
const EVERY_MS = 5_000

/** @param {{ query: URLSearchParams }} props */
export default function Dashboard({ query }) {
  const range = RANGES.find((it) => it === query.get('range')) ?? '24h'
  const board = useResource((signal) => get('/api/admin/dashboard', { range }, { signal }), [range], { everyMs: EVERY_MS })
  return html`<${Head} title=${t('dashboard.title')} text=${t('dashboard.text')}>
      <${Segments} label=${html`<span class="sr">${t('dashboard.range')}</span>`} name="range" value=${range} kind=""
        options=${RANGES.map((it) => ({ value: it, label: t(`dashboard.range.${it}`) }))} onChange=${(/** @type {string} */ value) => setQuery({ range: value === '24h' ? null : value })} /><//>
    <${Loaded} of=${board} lines=${6}>${(/** @type {any} */ it) => html`<${Board} of=${it} />`}<//>`
}

/** @param {{ of: any }} props */
function Board({ of: board }) {
  const isQuiet = board.series.every((/** @type {any} */ it) => it.succeeded + it.failed + it.cancelled === 0) && board.queue.waiting_count + board.running.count === 0
  return html`<div class="stack wide"><${Problems} of=${board.problems} /><${Now} of=${board} />
    <div class="grid-main even"><${Channels} of=${board.channels} /><${Events} of=${board.events} /></div>
    ${isQuiet ? html`<${Card}><${Empty} title=${t('dashboard.quiet')} text=${t('dashboard.quietText')}><${Button} href=${to('/admin/channels?add=xai')} icon="plus">${t('dashboard.addChannel')}<//><//><//>`
      : html`<${Charts} of=${board} />`}
    ${board.capped && html`<p class="small dim3">${t('dashboard.capped', number(board.looked_at))}</p>`}</div>`
}

/** @param {{ of: any }} props */
function Now({ of: { queue, running, success, latency, money: sums } }) {
  const ended = success.succeeded + success.failed
  const charged = dollars(sums.charged)
  const isLoss = sums.margin.ticks.startsWith('-')
  return html`<${Kpis} of=${[
    { label: t('dashboard.queue'), value: number(queue.waiting_count), detail: queue.oldest_wait_ms == null ? t('dashboard.nobodyWaits') : t('dashboard.oldest', duration(queue.oldest_wait_ms)) },
    { label: t('dashboard.running'), value: number(running.count), small: `/ ${number(running.slots)}`, detail: t('dashboard.slots') },
    { label: t('dashboard.success'), value: percent(success.rate), detail: t('dashboard.tasks', number(ended)) },
    { label: t('dashboard.latency'), value: duration(latency.p50_ms), small: `/ ${duration(latency.p95_ms)}`, detail: t('dashboard.ours', duration(latency.own_p95_ms)) },
    { label: t('dashboard.money'), value: html`<span title=${exact(sums.charged)}>${money(sums.charged)}</span>`, small: `/ ${money(sums.upstream_cost)}`,
      detail: html`<span class=${isLoss ? 'bad' : 'good'}>${t('dashboard.margin', money(sums.margin), charged > 0 ? percent(dollars(sums.margin) / charged) : null)}</span>` },
  ]} />`
}

/** @param {{ of: readonly any[] }} props */
function Channels({ of: channels }) {
  const columns = [
    { id: 'name', label: t('dashboard.channel'), lead: true, cell: (/** @type {any} */ it) => html`<div><a href=${to('/admin/channels')}><b>${it.name}</b></a><span class="sub">${it.provider}</span></div>` },
    { id: 'breaker', label: t('dashboard.breaker'), cell: (/** @type {any} */ it) => html`<${Breaker} of=${it} />` },
    { id: 'health', label: t('dashboard.lastHours'), cell: (/** @type {any} */ it) => html`<${Health} slots=${it.health.slots} label=${t('dashboard.healthOf', it.name, percent(rate(it)))} />` },
    { id: 'rate', label: t('dashboard.success'), number: true, class: 'mono small', cell: (/** @type {any} */ it) => percent(rate(it)) },
    { id: 'jobs', label: t('dashboard.inUse'), number: true, class: 'mono small', cell: (/** @type {any} */ it) => `${it.running} / ${it.limit}` },
    { id: 'cost', label: t('dashboard.cost24h'), number: true, class: 'small', cell: (/** @type {any} */ it) => html`<${Money} of=${it.cost_24h} />` },
  ]
  const all = html`<${Button} kind="quiet" small href=${to('/admin/channels')} icon="arrow-right">${t('dashboard.allChannels')}<//>`
  return html`<${Card} title=${t('dashboard.channels')} text=${t('dashboard.slotsOf5')} end=${all}>
    ${channels.length === 0 ? html`<${Empty} title=${t('dashboard.noChannel')} text=${t('dashboard.noChannelText')} />`
      : html`<${Table} caption=${t('dashboard.channels')} columns=${columns} rows=${channels} id=${(/** @type {any} */ it) => it.id} />`}<//>`
}

/** Of the last two hours, or null without traffic. @param {any} channel */
function rate(channel) {
  const [good, bad] = channel.health.slots.reduce((/** @type {number[]} */ [g, b], /** @type {any} */ it) => [g + it.good, b + it.bad], [0, 0])
  return good + bad === 0 ? null : good / (good + bad)
}

/** @param {{ of: any }} props */
function Charts({ of: board }) {
  const label = (/** @type {any} */ it) => (board.range === '7d' ? new Date(it.at * 1_000).toISOString().slice(5, 10) : time(it.at).slice(0, 5))
  const bins = (/** @type {(it: any) => (number | null)[]} */ values) => board.series.map((/** @type {any} */ it) => ({ label: label(it), full: when(it.at), values: values(it) }))
  const tasks = bins((it) => [it.succeeded, it.failed, it.cancelled])
  return html`<div class="grid2"><${Card} title=${t('dashboard.timeToVideo')} padded><${Lines} title=${t('dashboard.timeToVideo')} summary=${t('dashboard.latencySum', duration(board.latency.p50_ms), duration(board.latency.p95_ms))}
      bins=${bins((it) => [it.p95_ms, it.p50_ms])} series=${[{ label: 'p95' }, { label: 'p50' }]} say=${duration} /><//>
    <${Card} title=${t('dashboard.charged')} padded><${Lines} title=${t('dashboard.charged')} summary=${t('dashboard.moneySum', money(board.money.charged), money(board.money.upstream_cost))}
      bins=${bins((it) => [dollars(it.charged), dollars(it.upstream_cost)])} series=${[{ label: t('dashboard.chargedWord') }, { label: t('dashboard.upstreamWord'), dashed: true }]}
      say=${(/** @type {number} */ value) => `$${number(value, { maximumFractionDigits: 2 })}`} /><//></div>
    <${Card} title=${t('dashboard.ended')} padded><${Bars} title=${t('dashboard.ended')} summary=${t('dashboard.endedSum', board.success.succeeded, board.success.failed, board.success.cancelled)} bins=${tasks}
      series=${[{ label: t('dashboard.succeeded') }, { label: t('dashboard.failed'), colour: 'b' }, { label: t('dashboard.cancelled'), colour: 3 }]} say=${(/** @type {number} */ value) => number(value)} /><//>`
}
