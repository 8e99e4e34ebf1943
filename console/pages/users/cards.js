// The cards of a user's page: ledger, keys, latest tasks.

import { toast } from '../../core/announce.js'
import { address, ApiFailure, get, patch, remove } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { negated } from '../../core/money.js'
import { usePages } from '../../core/pages.js'
import { useResource } from '../../core/resource.js'
import { to } from '../../core/router.js'
import { useEffect, useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Confirm } from '../../ui/dialog.js'
import { Empty, Loaded } from '../../ui/feedback.js'
import { Menu } from '../../ui/menu.js'
import { Card, Foot, Table } from '../../ui/table.js'
import { Money, State, Status, Tag, Time } from '../../ui/values.js'

/** Lines of the ledger on a page, and how many of the latest tasks are shown. */
const LINES = 12
const TASKS = 6

/** @param {{ path: string, turn: number }} props */
export function Ledger({ path, turn }) {
  const list = usePages(`${path}/ledger`, { limit: LINES })
  useEffect(() => {
    if (turn > 0) list.reload()
  }, [turn])
  const end = html`<${Button} small icon="download" href=${address(`${path}/ledger.csv`)} download>CSV<//>`
  return html`<${Card} title=${t('users.ledger')} end=${end}><${Loaded} of=${list}>${(/** @type {any[]} */ rows) =>
    rows.length === 0 ? html`<${Empty} title=${t('users.noLedger')} text=${t('users.noLedgerWhy')} />`
    : html`<${Table} caption=${t('users.ledger')} columns=${lines()} rows=${rows} id=${(/** @type {any} */ row) => row.id} />
      <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more} />`}<//><//>`
}

const lines = () => [
  { id: 'what', label: t('users.what'), lead: true, cell: what },
  { id: 'at', label: t('users.when'), cell: (/** @type {any} */ row) => html`<${Time} at=${row.created_at} />` },
  { id: 'amount', label: t('users.amount'), number: true, cell: moved },
  { id: 'after', label: t('users.availableAfter'), number: true, cell: (/** @type {any} */ row) => html`<${Money} of=${row.available_after} />` },
]

/** @param {any} row */
const what = (row) => html`<div><span class="b">${t(`users.kind.${row.kind}`)}</span>
  <span class="sub">${[why(row), row.actor && t('users.by', row.actor)].filter(Boolean).join(' · ')}</span>
  ${row.task_id && html`<a class="id" href=${to(`/admin/tasks/${row.task_id}`)}>${row.task_id.slice(0, 18)}…</a>`}</div>`

/** Why a line was booked, in words: a failure's code has a text. @param {any} row */
const why = (row) => (row.reason && row.kind === 'void' ? tOr(`errors.task.${row.reason}`, row.reason) : row.reason)

/** What a line did to what can be spent: a hold takes, a return gives, a payment was held before. @param {any} row */
function moved({ kind, amount }) {
  if (kind === 'post') return html`<span class="dim3"><${Money} of=${amount} /></span>`
  const change = kind === 'hold' ? negated(amount) : amount
  const isGain = !change.ticks.startsWith('-') && change.ticks !== '0'
  return html`<span class=${isGain ? 'good' : undefined}>${isGain ? '+' : ''}<${Money} of=${change} /></span>`
}

/** @param {{ path: string, turn: number, changed: () => void }} props */
export function Keys({ path, turn, changed }) {
  const list = useResource((signal) => get(`${path}/keys`, undefined, { signal }), [path, turn])
  const [deleting, setDeleting] = useState(/** @type {any} */ (null))
  const turnOn = (/** @type {any} */ key, /** @type {boolean} */ enabled) =>
    patch(`/api/admin/keys/${key.id}`, { enabled }).then(
      () => { toast(t(enabled ? 'users.keyEnabled' : 'users.keyDisabled', key.name)); changed() },
      (error) => toast(error.message, { tone: 'bad' }),
    )
  return html`<${Card} title=${t('users.keys')} text=${t('users.keysWhat')}><${Loaded} of=${list}>${(/** @type {any} */ page) =>
      page.data.length === 0 ? html`<${Empty} title=${t('users.noKeys')} />`
      : html`<${Table} caption=${t('users.keys')} columns=${keyColumns(turnOn, setDeleting)} rows=${page.data} id=${(/** @type {any} */ row) => row.id}
        rowClass=${(/** @type {any} */ row) => (row.enabled ? undefined : 'off')} />`}<//><//>
    ${deleting && html`<${Confirm} title=${t('users.keyDeleteTitle', deleting.name)} action=${t('users.keyDelete')} onClose=${() => setDeleting(null)}
      act=${() => remove(`/api/admin/keys/${deleting.id}`).then(changed)}><p>${t('users.keyDeleteWhat')}</p><//>`}`
}

/** @param {(key: any, enabled: boolean) => void} turnOn @param {(key: any) => void} ask */
const keyColumns = (turnOn, ask) => [
  { id: 'name', label: t('users.key'), lead: true, cell: (/** @type {any} */ row) => html`<div><span class="row wrap"><b>${row.name || row.mask}</b>
    <${Tag} test=${row.kind === 'test'}>${t(`users.keyKind.${row.kind}`)}<//></span><span class="sub mono">${row.mask}</span></div>` },
  { id: 'state', label: t('users.state'), cell: keyState },
  { id: 'used', label: t('users.keyUsed'), number: true, cell: (/** @type {any} */ row) => html`<${Money} of=${row.used} />
    ${row.budget && html`<span class="sub">${t('users.of')} <${Money} of=${row.budget} /></span>`}` },
  { id: 'last', label: t('users.lastUsed'), cell: (/** @type {any} */ row) => row.last_used_at == null ? t('users.never')
    : html`<${Time} at=${row.last_used_at} relative /><span class="sub mono">${row.last_used_address ?? ''}</span>` },
  { id: 'act', label: t('users.actions'), hidden: true, class: 'act', cell: (/** @type {any} */ row) => html`<${Menu} label=${t('users.keyActions', row.name || row.mask)} actions=${[
    row.enabled ? { label: t('users.disable'), icon: 'ban', act: () => turnOn(row, false) } : { label: t('users.enable'), icon: 'power', act: () => turnOn(row, true) },
    { label: t('users.keyDelete'), icon: 'trash-2', danger: true, act: () => ask(row) },
  ]} />` },
]

/** @param {any} row */
function keyState(row) {
  if (row.expires_at != null && row.expires_at * 1_000 <= Date.now()) return html`<${Status} icon="clock">${t('users.keyExpired')}<//>`
  if (row.enabled) return html`<${Status} tone="good" icon="circle-check">${t('users.keyWorks')}<//>`
  return html`<${Status} icon="ban">${t(row.disabled_by_operator ? 'users.keyByOperator' : 'users.keyByOwner')}<//>`
}

/** The latest tasks, where this gateway can list them. @param {{ account: any, turn: number }} props */
export function Tasks({ account, turn }) {
  const who = `id:${account.id}`
  const list = useResource((signal) => get('/api/admin/tasks', { account: who, limit: TASKS }, { signal }), [who, turn])
  if (list.error instanceof ApiFailure && list.error.status === 404) return null
  const all = to(`/admin/tasks?account=${encodeURIComponent(who)}`)
  return html`<${Card} title=${t('users.tasks')} end=${html`<${Button} kind="quiet" small href=${all}>${t('users.allTasks')}<//>`}>
    <${Loaded} of=${list}>${(/** @type {any} */ page) => page.data.length === 0 ? html`<${Empty} title=${t('users.noTasks')} />`
      : html`<${Table} caption=${t('users.tasks')} columns=${taskColumns()} rows=${page.data} id=${(/** @type {any} */ row) => row.task.task_id} />`}<//><//>`
}

const taskColumns = () => [
  { id: 'task', label: t('users.task'), lead: true, class: 'flexi', cell: (/** @type {any} */ row) => html`<div class="clip"><div class="clip">${row.prompt || t('users.noPrompt')}</div>
    <a class="id" href=${to(`/admin/tasks/${row.task.task_id}`)}>${row.task.task_id.slice(0, 18)}…</a></div>` },
  { id: 'state', label: t('users.state'), cell: (/** @type {any} */ row) => html`<${State} of=${row.state} />` },
  { id: 'model', label: t('users.model'), cell: (/** @type {any} */ row) => html`<span class="mono">${row.task.model}</span>` },
  { id: 'cost', label: t('users.cost'), number: true, cell: (/** @type {any} */ row) => html`<${Money} of=${row.task.cost} />` },
  { id: 'at', label: t('users.when'), number: true, cell: (/** @type {any} */ row) => html`<${Time} at=${row.task.created_at} />` },
]
