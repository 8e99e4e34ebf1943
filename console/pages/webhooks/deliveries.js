// What was sent to a webhook, with each attempt, and sending it again.

import { get, post } from '../../core/api.js'
import { toast } from '../../core/announce.js'
import { duration } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { usePages } from '../../core/pages.js'
import { failure, useResource } from '../../core/resource.js'
import { setQuery, to } from '../../core/router.js'
import { useEffect, useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Code } from '../../ui/code.js'
import { Dialog } from '../../ui/dialog.js'
import { Empty, Failure, Loaded, Note } from '../../ui/feedback.js'
import { Card, Foot, Table } from '../../ui/table.js'
import { Facts, Status, Time } from '../../ui/values.js'
import { DeliveryStatus, eventWord, reasonWord } from './words.js'

/** How often the list is asked for, and a delivery that is under way, in milliseconds. */
const EVERY_MS = 5_000
const UNDER_WAY_MS = 1_500
/** The header that names an event, as receivers see it. */
const EVENT_ID = 'webhook-id'
const STATES = ['pending', 'delivered', 'failed']

/** @param {{ id: string, query: URLSearchParams, onChange: () => void, turn: number }} props `turn`: changes when the list has to be asked for anew. */
export function Deliveries({ id, query, onChange, turn }) {
  const status = STATES.find((it) => it === query.get('status'))
  const list = usePages(`/api/webhooks/${id}/deliveries`, { status }, { everyMs: EVERY_MS })
  useEffect(() => {
    if (turn > 0) list.reload()
  }, [turn])
  const shown = query.get('delivery')
  const chip = (/** @type {string | undefined} */ it) => html`<button key=${it ?? 'all'} type="button" class="chip" aria-pressed=${it === status}
    onClick=${() => setQuery({ status: it })}>${t(`webhooks.status.${it ?? 'all'}`)}</button>`
  const link = (/** @type {any} */ row) => {
    const next = new URLSearchParams(query)
    next.set('delivery', row.id)
    return to(`/webhooks/${id}?${next}`)
  }
  const changed = () => {
    list.reload()
    onChange()
  }
  return html`<${Card} title=${t('webhooks.deliveries')}><div class="filters" role="group" aria-label=${t('webhooks.state')}>${[undefined, ...STATES].map(chip)}</div>
    <${Loaded} of=${list}>${(/** @type {any[]} */ rows) => rows.length === 0
      ? html`<${Empty} title=${t(status ? 'webhooks.noSuch' : 'webhooks.noDeliveries')} text=${t('webhooks.noDeliveriesText')} />`
      : html`<${Table} caption=${t('webhooks.deliveries')} columns=${columns(link)} rows=${rows} id=${(/** @type {any} */ row) => row.id} />
          <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('webhooks.kept')}<//>`}<//>
    ${shown && html`<${Delivery} key=${shown} hook=${id} id=${shown} onClose=${() => setQuery({ delivery: null })} onChange=${changed} />`}<//>`
}

/** @param {(row: any) => string} link @returns {import('../../ui/table.js').Column[]} */
const columns = (link) => [
  { id: 'event', label: t('webhooks.event'), lead: true, cell: (row) => html`<a href=${link(row)}>${eventWord(row.event_type)}</a>
      ${row.callback_url && html`<span class="sub">${t('webhooks.toCallback')}</span>`}` },
  { id: 'task', label: t('webhooks.task'), cell: (row) => html`<${TaskLink} id=${row.task_id} />` },
  { id: 'status', label: t('webhooks.state'), cell: (row) => html`<${DeliveryStatus} of=${row} />${row.reason && html`<span class="sub">${reasonWord(row)}</span>`}` },
  { id: 'attempts', label: t('webhooks.attempts'), number: true, cell: (row) => row.attempts_count },
  { id: 'next', label: t('webhooks.next'), number: true, cell: (row) => html`<${Time} at=${row.next_attempt_at} relative />` },
  { id: 'at', label: t('webhooks.created'), number: true, cell: (row) => html`<${Time} at=${row.created_at} />` },
]

/** @param {{ id: string | null }} props */
const TaskLink = ({ id }) => id
  ? html`<a class="id" href=${to(`/tasks/${id}`)} title=${id}>${id.slice(0, 9)}…${id.slice(-6)}</a>`
  : html`<span class="dim3">—</span>`

/** One delivery. @param {{ hook: string, id: string, onClose: () => void, onChange: () => void }} props */
function Delivery({ hook, id, onClose, onChange }) {
  const path = `/api/webhooks/${hook}/deliveries/${encodeURIComponent(id)}`
  const [everyMs, setEvery] = useState(/** @type {number | undefined} */ (UNDER_WAY_MS))
  const delivery = useResource((signal) => get(path, undefined, { signal }), [path], { everyMs })
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const status = delivery.data?.status
  useEffect(() => {
    if (!status && !delivery.error) return
    setEvery(status === 'pending' ? UNDER_WAY_MS : undefined)
    if (status !== 'pending') onChange()
  }, [status, delivery.error?.code])
  const resend = async () => {
    setBusy(true)
    setError(null)
    try {
      await post(`${path}/replay`)
      toast(t('webhooks.resent'))
      delivery.reload()
      onChange()
    } catch (problem) {
      setError(failure(problem))
    }
    setBusy(false)
  }
  const footer = html`<${Button} icon="repeat" busy=${busy} disabled=${!delivery.data} onClick=${resend}>${t('webhooks.resend')}<//>
    <${Button} onClick=${onClose}>${t('shell.close')}<//>`
  return html`<${Dialog} wide title=${delivery.data ? eventWord(delivery.data.event_type) : t('webhooks.delivery')} icon="webhook" onClose=${onClose} footer=${footer}>
    ${error && html`<${Failure} error=${error} />`}
    <${Loaded} of=${delivery}>${(/** @type {any} */ it) => html`<${DeliveryFacts} of=${it} /><${Attempts} of=${it.attempts ?? []} />`}<//><//>`
}

/** @param {{ of: any }} props */
const DeliveryFacts = ({ of }) => html`<${Facts} of=${[
  [t('webhooks.state'), html`<span class="row wrap"><${DeliveryStatus} of=${of} />${reasonWord(of)}</span>`],
  [t('webhooks.eventType'), html`<span class="mono">${of.event_type}</span>`],
  [EVENT_ID, html`<span class="mono">${of.event_id}</span>`],
  of.task_id && [t('webhooks.task'), html`<a class="mono" href=${to(`/tasks/${of.task_id}`)}>${of.task_id}</a>`],
  of.callback_url && [t('webhooks.callback'), html`<span class="mono">${of.callback_url}</span>`],
  [t('webhooks.created'), html`<${Time} at=${of.created_at} />`],
  of.next_attempt_at != null && [t('webhooks.next'), html`<${Time} at=${of.next_attempt_at} relative />`],
  of.finished_at != null && [t('webhooks.finished'), html`<${Time} at=${of.finished_at} />`],
]} />`

/** @param {{ of: readonly any[] }} props */
function Attempts({ of }) {
  if (of.length === 0) return html`<${Note} icon="clock" tone="plain">${t('webhooks.noAttempt')}<//>`
  return html`<ol class="stack">${[...of].sort((one, other) => other.number - one.number).map((it) => html`<li key=${it.number} class="stack tight">
    <div class="row wrap"><b>${t('webhooks.attempt', it.number)}</b>
      <${Status} tone=${it.error == null ? 'good' : 'bad'} icon=${it.error == null ? 'circle-check' : 'circle-x'}>${it.response_status ?? t('webhooks.noAnswer')}<//>
      <span class="small dim"><${Time} at=${it.at} /></span><span class="small dim">${t('webhooks.took', duration(it.took_ms))}</span></div>
    ${it.error && html`<p class="small">${it.error}</p>`}
    ${it.response_body && html`<${Code} label=${t('webhooks.answer')} samples=${[{ id: 'body', label: t('webhooks.answer'), kind: isJson(it.response_body) ? 'json' : 'shell', text: it.response_body }]} />`}</li>`)}</ol>`
}

/** @param {string} text */
function isJson(text) {
  try {
    return typeof JSON.parse(text) === 'object'
  } catch {
    return false
  }
}
