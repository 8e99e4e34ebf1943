// The audit log: who did what to which object, when and from where, and what it changed.

import { address } from '../core/api.js'
import { full, number, zone } from '../core/format.js'
import { dayStart } from '../core/days.js'
import { html, useId } from '../core/html.js'
import { t, tOr } from '../core/i18n.js'
import { usePages } from '../core/pages.js'
import { setQuery, to } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { CopyButton } from '../ui/copy.js'
import { Dialog } from '../ui/dialog.js'
import { Diff, differences, valueText } from '../ui/diff.js'
import { Empty, Loaded } from '../ui/feedback.js'
import { Select } from '../ui/field.js'
import { Search } from '../ui/search.js'
import { Card, Foot, Head, Table } from '../ui/table.js'
import { Facts, Time } from '../ui/values.js'

/** Lines on a page. */
const SIZE = 50
/** Fields of a change that are shown in the list. */
const FIELDS_SHOWN = 2

/** What actions begin with. */
const FAMILIES = ['account', 'credit', 'code', 'group', 'key', 'login_link', 'password', 'session', 'channel', 'model', 'settings', 'webhook', 'usage']

const FILTERS = ['actor', 'object', 'action', 'account', 'from', 'to']

/** @param {{ query: URLSearchParams }} props */
export default function Audit({ query }) {
  const [shown, setShown] = useState(/** @type {any} */ (null))
  const filter = filterOf(query)
  const list = usePages('/api/admin/audit', { ...filter, limit: SIZE })
  const isFiltered = FILTERS.some((name) => query.has(name))
  const csv = address('/api/admin/audit.csv', filter)
  return html`<${Head} title=${t('audit.title')} text=${t('audit.text')}>
      <${Button} icon="download" href=${csv} download>CSV<//><${Button} icon="refresh-cw" onClick=${list.reload}>${t('audit.refresh')}<//><//>
    <${Card}><${Filters} query=${query} isFiltered=${isFiltered} />
      <${Loaded} of=${list} lines=${8}>${(/** @type {any[]} */ rows) => html`<${List} rows=${rows} list=${list} isFiltered=${isFiltered} show=${setShown} />`}<//><//>
    ${shown && html`<${Entry} entry=${shown} onClose=${() => setShown(null)} />`}`
}

/** What the API is asked for. @param {URLSearchParams} query */
function filterOf(query) {
  const [from, to] = [query.get('from'), query.get('to')].map((day) => dayStart(day))
  const family = query.get('action')
  return {
    actor: query.get('actor'), object: query.get('object'), account: query.get('account'),
    action: family && `${family}.`, from, until: to === null ? null : dayStart(query.get('to'), 1),
  }
}

/** @param {{ query: URLSearchParams, isFiltered: boolean }} props */
function Filters({ query, isFiltered }) {
  const account = query.get('account')
  const clear = () => setQuery(Object.fromEntries(FILTERS.map((name) => [name, null])))
  const families = FAMILIES.map((it) => ({ value: it, label: t(`audit.family.${it}`) }))
  return html`<div class="filters"><${Search} param="actor" label=${t('audit.actor')} placeholder=${t('audit.who')} />
    <${Search} param="object" label=${t('audit.object')} placeholder=${t('audit.target')} />
    <${Select} aria-label=${t('audit.kind')} value=${query.get('action') ?? ''} onChange=${(/** @type {string} */ value) => setQuery({ action: value })}
      options=${[{ value: '', label: t('audit.allKinds') }, ...families]} />
    <${Day} name="from" label=${t('audit.from')} query=${query} /><${Day} name="to" label=${t('audit.to')} query=${query} />
    ${account && html`<button type="button" class="chip" aria-pressed="true" onClick=${() => setQuery({ account: null })}>${t('audit.about', account)}
      <span aria-hidden="true">×</span></button>`}
    ${isFiltered && html`<${Button} kind="quiet" small icon="x" onClick=${clear}>${t('audit.clear')}<//>`}</div>`
}

/** @param {{ name: string, label: string, query: URLSearchParams }} props */
function Day({ name, label, query }) {
  const id = useId('day')
  return html`<span class="row"><label class="small dim" for=${id}>${label}</label><input class="in" type="date" id=${id} value=${query.get(name) ?? ''}
    onChange=${(/** @type {any} */ event) => setQuery({ [name]: event.target.value })} /></span>`
}

/** @param {{ rows: readonly any[], list: import('../core/pages.js').Pages, isFiltered: boolean, show: (entry: any) => void }} props */
function List({ rows, list, isFiltered, show }) {
  if (rows.length === 0) return html`<${Empty} title=${t('audit.none')} text=${isFiltered ? t('audit.noneFiltered') : undefined} />`
  return html`<${Table} caption=${t('audit.title')} columns=${columns(show)} rows=${rows} id=${(/** @type {any} */ row) => row.id} />
    <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('audit.shown', number(rows.length), zone())}<//>`
}

/** @param {(entry: any) => void} show */
const columns = (show) => [
  { id: 'what', label: t('audit.what'), lead: true, cell: (/** @type {any} */ row) => html`<div><span class="b">${actionText(row.action)}</span>
    <span class="sub mono">${row.action}</span></div>` },
  { id: 'at', label: t('audit.when'), cell: (/** @type {any} */ row) => html`<${Time} at=${row.at} />` },
  { id: 'who', label: t('audit.who'), cell: (/** @type {any} */ row) => html`<${Only} param="actor" value=${row.actor} />
    <span class="sub mono">${row.address ?? ''}</span>` },
  { id: 'target', label: t('audit.target'), cell: (/** @type {any} */ row) => html`<${Only} param="object" value=${row.target} />` },
  { id: 'change', label: t('audit.change'), cell: (/** @type {any} */ row) => html`<${Summary} entry=${row} />` },
  { id: 'act', label: t('audit.details'), hidden: true, class: 'act', cell: (/** @type {any} */ row) =>
    html`<${Button} kind="quiet" small icon="eye" label=${t('audit.detailsOf', actionText(row.action), row.target)} onClick=${() => show(row)} />` },
]

/** @param {string} action */
const actionText = (action) => tOr(`audit.action.${action}`, action)

/** A value that shows only its lines when it is pressed. @param {{ param: string, value: string }} props */
function Only({ param, value }) {
  return html`<button type="button" class="chip" title=${t('audit.only', value)} onClick=${() => setQuery({ [param]: value })}>
    <span class="clip">${value.length > 34 ? `${value.slice(0, 30)}…` : value}</span></button>`
}

/** The first fields of a change. @param {{ entry: any }} props */
function Summary({ entry }) {
  const all = differences(entry.before, entry.after)
  if (all.length === 0) return html`<span class="dim3">—</span>`
  const rest = all.length - FIELDS_SHOWN
  const short = (/** @type {string} */ text) => (text.length > 32 ? `${text.slice(0, 30)}…` : text)
  return html`<div class="small">${all.slice(0, FIELDS_SHOWN).map((it) => html`<div key=${it.field}><span class="dim">${it.field}</span>${' '}
    ${it.was !== undefined && html`<del class="bad">${short(valueText(it.field, it.was))}</del>${' '}`}
    ${it.is !== undefined && html`<ins class="good">${short(valueText(it.field, it.is))}</ins>`}</div>`)}
    ${rest > 0 && html`<span class="dim3">${t('audit.andMore', number(rest))}</span>`}</div>`
}

/** A line in full. @param {{ entry: any, onClose: () => void }} props */
function Entry({ entry, onClose }) {
  const all = differences(entry.before, entry.after)
  const footer = html`<span class="small dim grow">${t('audit.forEver')}</span><${Button} onClick=${onClose}>${t('shell.close')}<//>`
  return html`<${Dialog} title=${actionText(entry.action)} icon="scroll-text" wide onClose=${onClose} footer=${footer}>
    <${Facts} of=${[
      [t('audit.when'), full(entry.at)],
      [t('audit.who'), html`${entry.actor}${entry.address && html`<span class="dim"> · </span><span class="mono">${entry.address}</span>`}`],
      [t('audit.what'), html`<code>${entry.action}</code>`],
      [t('audit.target'), entry.target],
      entry.account_id != null && [t('audit.user'), html`<a href=${to(`/admin/users/${entry.account_id}`)}>${t('audit.userId', entry.account_id)}</a>`],
      entry.request_id && [t('audit.request'), html`<span class="row"><span class="mono">${entry.request_id}</span>
        <${CopyButton} bare text=${entry.request_id} label=${t('shell.copyRequestId')} /></span>`],
    ]} />
    ${all.length > 0 ? html`<${Diff} caption=${t('audit.change')} of=${all} />` : html`<p class="dim">${t('audit.noChange')}</p>`}<//>`
}
