// Overview: is all well, what did it cost, what next; at the start, the way to the first video.

import { get } from '../core/api.js'
import { dollars, duration, number, percent } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { PREFIX, PUBLIC_URL } from '../core/place.js'
import { away } from '../core/reach.js'
import { useResource } from '../core/resource.js'
import { to } from '../core/router.js'
import { balance, isOperator, session } from '../core/session.js'
import { Button } from '../ui/button.js'
import { Code } from '../ui/code.js'
import { Empty, Loaded, Note } from '../ui/feedback.js'
import { Card, Head, Table } from '../ui/table.js'
import { Kpis, Money, Reel, State, Tag, Time, progress, standing } from '../ui/values.js'
import { useEffect, useState } from '../vendor/hooks.js'
import { FirstRun } from './overview/first.js'

/** How many of the latest tasks are shown. */
const LATEST = 8
const DAY_SECONDS = 86_400
/** What a day costs is the mean of so many days. */
const MEAN_DAYS = 7
/** From so few days on it is said that the money runs out. */
const LOW_DAYS = 3

/** All that the page asks for. @param {AbortSignal} signal */
async function ask(signal) {
  const now = Math.floor(Date.now() / 1_000)
  const [latest, keys, channels, usage] = await Promise.all([
    get('/api/tasks', { limit: LATEST }, { signal }),
    get('/api/keys', { limit: 10 }, { signal }),
    isOperator() ? get('/api/admin/channels', { limit: 1 }, { signal }) : null,
    get('/api/usage', { group_by: 'day', from: day(now - MEAN_DAYS * DAY_SECONDS) }, { signal }).catch(() => null),
  ])
  // One question that looks at many rows at a time: an account has one place for them.
  const counts = await get('/api/tasks/counts', { since: now - DAY_SECONDS }, { signal })
  return { latest: latest.data, keys: keys.data, channels: channels?.data ?? null, usage: usage?.data ?? [], counts }
}

/** @param {number} seconds since 1970 */
const day = (seconds) => new Date(seconds * 1_000).toISOString().slice(0, 10)

export default function Overview() {
  const facts = useResource(ask, [])
  const [Listening, setListening] = useState(/** @type {any} */ (null))
  useEffect(() => {
    import('./overview/ears.js').then((module) => setListening(() => module.default), away)
  }, [])
  const ears = {
    onReset: facts.reload,
    onRemoved: facts.reload,
    onTask: (/** @type {any} */ row) => {
      const isKnown = facts.data?.latest.some((/** @type {any} */ it) => it.task.task_id === row.task.task_id)
      if (!isKnown || row.state !== 'running') return facts.reload()
      return facts.update((was) => ({ ...was, latest: was.latest.map((/** @type {any} */ it) => (it.task.task_id === row.task.task_id ? row : it)) }))
    },
  }
  return html`<${Head} title=${t('overview.title')} text=${t('overview.text')}>
      <${Button} icon="book-open" href=${`${PREFIX}/docs`} target="_blank" rel="noopener">${t('shell.nav.docs')}<//>
      <${Button} kind="lamp" icon="clapperboard" href=${to('/playground')}>${t('overview.shoot')}<//><//>
    <${Loaded} of=${facts} lines=${6} picture>${(/** @type {any} */ it) => html`<${Facts} of=${it} />`}<//>${Listening && html`<${Listening} of=${ears} />`}`
}

/** @param {{ of: any }} props */
function Facts({ of }) {
  const hasNoChannel = of.channels?.length === 0
  const left = daysLeft(of.usage)
  const isLow = left !== null && left < LOW_DAYS
  return html`<div class="stack wide">${!session.value.account.has_password && html`<${Note} icon="key-round" title=${t('overview.noPassword')}
      end=${html`<${Button} small href=${to('/settings')}>${t('overview.setPassword')}<//>`}>${t('overview.noPasswordText')}<//>`}${isLow && html`<${Note} icon="triangle-alert" title=${t('overview.low')}
      end=${html`<${Button} small href=${to('/billing')}>${t('shell.nav.billing')}<//>`}>${t('overview.lowText', number(left))}<//>`}${hasNoChannel && html`<${Note} icon="flask-conical" title=${t('overview.preview')}>${t('overview.previewText')}<//>`}
    <${FirstRun} latest=${of.latest} keys=${of.keys} channels=${of.channels} /><${Numbers} of=${of} />
    <${Card} title=${t('overview.latest')} end=${html`<${Button} kind="quiet" small href=${to('/tasks')}>${t('overview.all')}<//>`}><${Latest} rows=${of.latest} /><//>
    <${Card} title=${t('overview.first')} padded><p class="dim">${t('overview.firstText')}</p>
      <${Code} label=${t('overview.first')} samples=${[{ id: 'curl', label: 'curl', kind: 'shell', text: sample() }]} /><//></div>`
}

/** The first call, as it is pasted. */
const sample = () => `curl ${PUBLIC_URL}/v1/video/generations \\
  -H "Authorization: Bearer $RUSHES_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"model":"grok-image-video","prompt":"${t('overview.samplePrompt')}","seconds":6}'`

/** For how many days the money lasts at last week's pace, if any was spent. @param {readonly any[]} usage */
function daysLeft(usage) {
  const spent = usage.reduce((/** @type {number} */ sum, /** @type {any} */ it) => sum + dollars(it.amount), 0) / MEAN_DAYS
  const { available } = balance.value ?? session.value.account.balance
  return spent > 0 ? Math.floor(dollars(available) / spent) : null
}

/** @param {{ of: any }} props */
function Numbers({ of: { counts, usage } }) {
  const { available, pending } = balance.value ?? session.value.account.balance
  const ended = counts.succeeded + counts.failed
  const left = daysLeft(usage)
  return html`<${Kpis} of=${[
    { label: t('overview.tasks'), value: number(counts.all), small: counts.capped ? '+' : '', detail: t('overview.underWay', counts.waiting + counts.running) },
    { label: t('overview.success'), value: percent(ended > 0 ? counts.succeeded / ended : null), detail: t('overview.failedFree') },
    { label: t('overview.available'), value: html`<${Money} of=${available} />`, detail: left === null ? t('overview.availableWhy') : t('overview.daysLeft', number(left)) },
    { label: t('overview.held'), value: html`<${Money} of=${pending} />`, detail: t('overview.heldWhy') },
  ]} />`
}

const COLUMNS = () => [
  { id: 'prompt', label: t('overview.prompt'), lead: true, cell: what },
  { id: 'state', label: t('overview.state'), cell: how },
  { id: 'key', label: t('overview.key'), cell: (/** @type {any} */ row) => html`<${Tag} test=${row.key.kind === 'test'}>${row.key.name}<//>` },
  { id: 'took', label: t('overview.took'), number: true, class: 'mono small', cell: (/** @type {any} */ row) => duration(row.took_ms) },
  { id: 'cost', label: t('overview.cost'), number: true, class: 'small', cell: (/** @type {any} */ row) => html`<${Money} of=${row.task.cost} />` },
  { id: 'at', label: t('overview.created'), number: true, class: 'mono small dim3', cell: (/** @type {any} */ row) => html`<${Time} at=${row.task.created_at} />` },
]

/** @param {any} row */
const what = ({ task, prompt }) => html`<div class="clip"><div class="clip">${prompt}</div><a class="mono small dim3" href=${to(`/tasks/${task.task_id}`)}>${task.task_id}</a></div>`

/** @param {any} row */
function how({ task }) {
  const now = standing(task)
  const isUnderWay = now === 'running' || now === 'submitted'
  return html`<div class="row wrap"><${State} of=${now} />${isUnderWay && html`<${Reel} percent=${progress(task)} />`}</div>
    ${now === 'failed' && html`<p class="small dim clip why" title=${task.fail_reason}>${task.fail_reason}</p>`}`
}

/** @param {{ rows: readonly any[] }} props */
function Latest({ rows }) {
  if (rows.length === 0) return html`<${Empty} title=${t('overview.empty')} text=${t('overview.emptyText')} />`
  return html`<${Table} caption=${t('overview.latest')} columns=${COLUMNS()} rows=${rows} id=${(/** @type {any} */ row) => row.task.task_id} />`
}
