// Overview: what the account has, what it made last, and the way to the first video.

import { get } from '../core/api.js'
import { duration } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { PREFIX, PUBLIC_URL } from '../core/place.js'
import { useResource } from '../core/resource.js'
import { session } from '../core/session.js'
import { Button } from '../ui/button.js'
import { Code } from '../ui/code.js'
import { Empty, Loaded } from '../ui/feedback.js'
import { Card, Head, Table } from '../ui/table.js'
import { Kpis, Money, Reel, State, Tag, Time, progress, standing } from '../ui/values.js'

/** How many of the latest tasks are shown. */
const LATEST = 8
/** How often they are asked for, in milliseconds. */
const EVERY_MS = 5_000

const ask = (/** @type {AbortSignal} */ signal) => get('/api/tasks', { limit: LATEST }, { signal })

export default function Overview() {
  const { account } = session.value
  const { available, pending } = account.balance
  const latest = useResource(ask, [], { everyMs: EVERY_MS })
  return html`<${Head} title=${t('overview.title')} text=${t('overview.text')}>
      <${Button} icon="book-open" href=${`${PREFIX}/docs`} target="_blank" rel="noopener">${t('shell.nav.docs')}<//><//>
    <div class="stack wide"><${Kpis} of=${[
      { label: t('overview.available'), value: html`<${Money} of=${available} />`, detail: t('overview.availableWhy') },
      { label: t('overview.held'), value: html`<${Money} of=${pending} />`, detail: t('overview.heldWhy') },
      { label: t('overview.account'), value: account.display_name || account.name, detail: account.group },
    ]} />
    <${Card} title=${t('overview.latest')}><${Loaded} of=${latest} picture>${(/** @type {any} */ list) => html`<${Latest} rows=${list.data} />`}<//><//>
    <${Card} title=${t('overview.first')} padded><p class="dim">${t('overview.firstText')}</p>
      <${Code} label=${t('overview.first')} samples=${[{ id: 'curl', label: 'curl', kind: 'shell', text: sample() }]} /><//></div>`
}

/** The first call, as it is pasted. */
const sample = () => `curl ${PUBLIC_URL}/v1/video/generations \\
  -H "Authorization: Bearer $RUSHES_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d '{"model":"grok-image-video","prompt":"a red sports car in neon rain","seconds":6}'`

const COLUMNS = () => [
  { id: 'prompt', label: t('overview.prompt'), lead: true, cell: what },
  { id: 'state', label: t('overview.state'), cell: how },
  { id: 'key', label: t('overview.key'), cell: (/** @type {any} */ row) => html`<${Tag} test=${row.key.kind === 'test'}>${row.key.name}<//>` },
  { id: 'took', label: t('overview.took'), number: true, cell: (/** @type {any} */ row) => duration(row.took_ms) },
  { id: 'cost', label: t('overview.cost'), number: true, cell: (/** @type {any} */ row) => html`<${Money} of=${row.task.cost} />` },
  { id: 'at', label: t('overview.created'), number: true, cell: (/** @type {any} */ row) => html`<${Time} at=${row.task.created_at} />` },
]

/** @param {any} row */
const what = ({ task, prompt }) => html`<div class="clip"><div class="clip">${prompt}</div>
  ${task.result_url
    ? html`<a class="mono small" href=${task.result_url} target="_blank" rel="noopener">${task.task_id}</a>`
    : html`<span class="mono small dim3">${task.task_id}</span>`}</div>`

/** @param {any} row */
function how({ task }) {
  const now = standing(task)
  const isUnderWay = now === 'running' || now === 'submitted'
  return html`<div class="row wrap"><${State} of=${now} />${isUnderWay && html`<${Reel} percent=${progress(task)} />`}</div>
    ${now === 'failed' && html`<p class="small dim">${task.fail_reason}</p>`}`
}

/** @param {{ rows: readonly any[] }} props */
function Latest({ rows }) {
  if (rows.length === 0) return html`<${Empty} title=${t('overview.empty')} text=${t('overview.emptyText')} />`
  return html`<${Table} caption=${t('overview.latest')} columns=${COLUMNS()} rows=${rows} id=${(/** @type {any} */ row) => row.task.task_id} />`
}
