// Users: who has an account, in which group, with how much money, and how much they did in a month.

import { get } from '../core/api.js'
import { number } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { usePages } from '../core/pages.js'
import { useResource } from '../core/resource.js'
import { go, setQuery, to } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Empty, Loaded } from '../ui/feedback.js'
import { Select } from '../ui/field.js'
import { Search } from '../ui/search.js'
import { Card, Foot, Head, Table } from '../ui/table.js'
import { Money, Tag, Time } from '../ui/values.js'
import { CreateDialog } from './users/create.js'
import { Enabled, LinkDialog } from './users/parts.js'

/** Accounts on a page. */
const SIZE = 50

/** @param {{ query: URLSearchParams }} props */
export default function Users({ query }) {
  const [creating, setCreating] = useState(false)
  const [made, setMade] = useState(/** @type {any} */ (null))
  const search = query.get('search')
  const group = query.get('group')
  const list = usePages('/api/admin/accounts', { search, group, limit: SIZE })
  const groups = useResource((signal) => get('/api/admin/groups', undefined, { signal }), []).data?.data ?? []
  const month = useMonth()
  const done = (/** @type {any} */ it) => {
    setCreating(false)
    if (it.link) setMade(it)
    else go(`/admin/users/${it.account.id}`)
  }
  return html`<${Head} title=${t('users.title')} text=${t('users.text')}>
      <${Button} kind="lamp" icon="user-plus" onClick=${() => setCreating(true)}>${t('users.create')}<//><//>
    <${Card}><div class="filters"><${Search} label=${t('users.search')} /><span class="grow"></span>
      <${Select} aria-label=${t('users.group')} value=${group ?? ''} onChange=${(/** @type {string} */ value) => setQuery({ group: value })}
        options=${groupOptions(groups, group)} /></div>
      <${Loaded} of=${list}>${(/** @type {any} */ rows) => html`<${List} list=${list} rows=${rows} month=${month} isFiltered=${Boolean(search || group)} />`}<//><//>
    ${creating && html`<${CreateDialog} groups=${groups} onClose=${() => setCreating(false)} done=${done} />`}
    ${made && html`<${LinkDialog} link=${made.link} name=${made.account.name} onClose=${() => go(`/admin/users/${made.account.id}`)} />`}`
}

/** @param {readonly any[]} groups @param {string | null} chosen */
function groupOptions(groups, chosen) {
  const names = groups.map((it) => it.name)
  if (chosen && !names.includes(chosen)) names.push(chosen)
  return [{ value: '', label: t('users.allGroups') }, ...names.map((name) => ({ value: name, label: name }))]
}

/** What each account made in the last 30 days, by its id; null while it is not known. */
function useMonth() {
  const { data } = useResource((signal) => get('/api/admin/usage', { group_by: 'account' }, { signal }), [])
  if (!data) return null
  return { sums: new Map(data.data.map((/** @type {any} */ it) => [it.account_id, it])), isWhole: !data.has_more }
}

/** @param {{ list: import('../core/pages.js').Pages, rows: readonly any[], month: any, isFiltered: boolean }} props */
function List({ list, rows, month, isFiltered }) {
  if (rows.length === 0) {
    return html`<${Empty} title=${t('users.none')} text=${isFiltered ? t('users.noneFiltered') : undefined}>
      ${isFiltered && html`<${Button} icon="x" onClick=${() => setQuery({ search: null, group: null })}>${t('users.showAll')}<//>`}<//>`
  }
  return html`<${Table} caption=${t('users.title')} columns=${columns(month)} rows=${rows} id=${(/** @type {any} */ row) => row.id}
      rowClass=${(/** @type {any} */ row) => (row.enabled ? undefined : 'off')} />
    <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('users.shown', number(rows.length))}<//>`
}

/** @param {any} month */
const columns = (month) => [
  { id: 'name', label: t('users.name'), lead: true, cell: who },
  { id: 'state', label: t('users.state'), cell: (/** @type {any} */ row) => html`<${Enabled} is=${row.enabled} />` },
  { id: 'group', label: t('users.group'), cell: (/** @type {any} */ row) => row.group },
  { id: 'tasks', label: t('users.month'), number: true, cell: (/** @type {any} */ row) => takes(month, row) },
  { id: 'now', label: t('users.now'), number: true, cell: (/** @type {any} */ row) => number(row.tasks.waiting + row.tasks.in_flight) },
  { id: 'available', label: t('users.available'), number: true, cell: money },
  { id: 'made', label: t('users.made'), number: true, cell: (/** @type {any} */ row) => html`<${Time} at=${row.created_at} />` },
]

/** @param {any} row */
const who = (row) => html`<div class="row wrap"><div><a class="b" href=${to(`/admin/users/${row.id}`)}>${row.display_name || row.name}</a>
  ${row.display_name && html`<span class="sub mono">${row.name}</span>`}</div>
  ${row.role !== 'user' && html`<${Tag} icon="shield">${t(`users.role.${row.role}`)}<//>`}</div>`

/** @param {any} row */
const money = ({ balance }) => html`<${Money} of=${balance.available} />
  ${balance.pending.ticks !== '0' && html`<span class="sub">${t('users.held')} <${Money} of=${balance.pending} /></span>`}`

/** @param {any} month @param {any} row */
function takes(month, row) {
  if (!month) return '—'
  const sum = month.sums.get(row.id)
  if (!sum) return month.isWhole ? '0' : '—'
  return html`${number(sum.succeeded + sum.failed + sum.cancelled)}<span class="sub"><${Money} of=${sum.amount} /></span>`
}
