// API keys: who may call, how much, from where.

import { toast } from '../core/announce.js'
import { patch, post, remove } from '../core/api.js'
import { exact, money } from '../core/format.js'
import { html, names } from '../core/html.js'
import { t } from '../core/i18n.js'
import { usePages } from '../core/pages.js'
import { withPassword } from '../core/session.js'
import { setQuery } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { copyText } from '../ui/copy.js'
import { Confirm } from '../ui/dialog.js'
import { Empty, Loaded, Note } from '../ui/feedback.js'
import { Menu } from '../ui/menu.js'
import { Card, Foot, Head, Table } from '../ui/table.js'
import { Meter, Status, Tag, Time } from '../ui/values.js'
import { tell } from '../ui/tell.js'
import { Addresses } from './keys/addresses.js'
import { KeyForm } from './keys/form.js'
import { Roll } from './keys/roll.js'
import { Secret } from './keys/secret.js'

/** What test keys act out, by words in the prompt. */
const ACTS = ['[[fail: text]]', '[[fail_image: 400]]', '[[moderated]]', '[[delay: 30s]]', '[[stall]]', '[[expire]]']

/** @typedef {{ what: 'form' | 'roll' | 'revoke' | 'secret' | 'addresses', key?: any, kind?: 'live' | 'test', secret?: string }} Open */

/** @param {{ query: URLSearchParams }} props */
export default function Keys({ query }) {
  const list = usePages('/api/keys')
  const asked = query.get('new')
  const [open, setOpen] = useState(/** @type {Open | null} */ (
    asked === 'live' || asked === 'test' ? { what: 'form', kind: asked } : null))
  const close = () => {
    setOpen(null)
    if (query.has('new')) setQuery({ new: null }, { replace: true })
  }
  const made = (/** @type {any} */ key) => {
    list.reload()
    setOpen(key?.key ? { what: 'secret', key, secret: key.key } : null)
    if (query.has('new')) setQuery({ new: null }, { replace: true })
  }
  const create = (/** @type {'live' | 'test'} */ kind) => () => setOpen({ what: 'form', kind })
  return html`<${Head} title=${t('keys.title')} text=${t('keys.text')}>
      <${Button} icon="flask-conical" onClick=${create('test')}>${t('keys.newTest')}<//>
      <${Button} kind="lamp" icon="plus" onClick=${create('live')}>${t('keys.create')}<//><//>
    <div class="stack wide"><${Card}><${Loaded} of=${list}>${(/** @type {any[]} */ rows) =>
      rows.length === 0 ? html`<${Nothing} create=${create} />` : html`<${List} rows=${rows} list=${list} setOpen=${setOpen} />`}<//><//>
      <${Note} icon="flask-conical" tone="plain" title=${t('keys.acts')}><span class="dim">${t('keys.actsText')} </span>
        ${ACTS.map((it) => html`<code class="inline" key=${it}>${it}</code> `)}<//></div>
    <${Opened} open=${open} close=${close} made=${made} />`
}

/** @param {{ create: (kind: 'live' | 'test') => () => void }} props */
function Nothing({ create }) {
  return html`<${Empty} title=${t('keys.empty')} text=${t('keys.emptyText')}><div class="row wrap">
    <${Button} icon="flask-conical" onClick=${create('test')}>${t('keys.newTest')}<//>
    <${Button} icon="plus" onClick=${create('live')}>${t('keys.create')}<//></div><//>`
}

/** @param {{ open: Open | null, close: () => void, made: (key: any) => void }} props */
function Opened({ open, close, made }) {
  if (!open) return null
  const { key } = open
  if (open.what === 'form') return html`<${KeyForm} of=${key} kind=${open.kind} onClose=${close} onDone=${made} />`
  if (open.what === 'roll') return html`<${Roll} of=${key} onClose=${close} onDone=${made} />`
  if (open.what === 'addresses') return html`<${Addresses} of=${key} onClose=${close} />`
  if (open.what === 'secret') return html`<${Secret} name=${key.name} secret=${open.secret} revealable=${key.revealable} onClose=${close} />`
  return html`<${Confirm} title=${t('keys.revokeTitle', key.name || key.mask)} action=${t('keys.revoke')} onClose=${close}
    act=${async () => { if (await withPassword(() => remove(`/api/keys/${key.id}`))) { toast(t('keys.revoked', key.name || key.mask)); made(null) } }}>
    <p>${t('keys.revokeText')}</p><//>`
}

/** @param {{ rows: any[], list: import('../core/pages.js').Pages, setOpen: (open: Open) => void }} props */
function List({ rows, list, setOpen }) {
  const columns = [
    { id: 'name', label: t('keys.name'), lead: true, cell: name },
    { id: 'models', label: t('keys.models'), cell: (/** @type {any} */ key) => html`<span class="small">${key.models ? key.models.join(', ') : t('keys.allModels')}</span>` },
    { id: 'budget', label: t('keys.budgetUsed'), cell: budget },
    { id: 'addresses', label: t('keys.allowlist'), class: 'mono small', cell: (/** @type {any} */ key) => key.addresses ? html`<span title=${key.addresses.join('\n')}>
      ${key.addresses.length > 2 ? t('keys.networks', key.addresses.length) : key.addresses.join(', ')}</span>` : '—' },
    { id: 'used', label: t('keys.lastUsed'), class: 'small', cell: lastUse },
    { id: 'expires', label: t('keys.expires'), class: 'small', cell: (/** @type {any} */ key) => key.expires_at ? html`<${Time} at=${key.expires_at} />` : t('keys.never') },
    { id: 'act', label: t('keys.actions'), hidden: true, number: true, class: 'act', cell: (/** @type {any} */ key) => html`<${Actions} of=${key} list=${list} setOpen=${setOpen} />` },
  ]
  return html`<${Table} caption=${t('keys.title')} columns=${columns} rows=${rows} id=${(/** @type {any} */ key) => key.id}
      rowClass=${(/** @type {any} */ key) => names(standing(key) !== 'good' && 'off')} />
    <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('keys.count', rows.length)}<//>`
}

/** Whether a key works. @param {any} key @returns {'good' | 'paused' | 'operator' | 'expired'} */
function standing(key) {
  if (key.expires_at && key.expires_at * 1_000 <= Date.now()) return 'expired'
  if (key.disabled_by_operator) return 'operator'
  return key.enabled ? 'good' : 'paused'
}

/** @param {any} key */
function name(key) {
  const stands = standing(key)
  return html`<div><span class="row wrap"><b>${key.name || t('keys.unnamed')}</b>
    <${Tag} test=${key.kind === 'test'}>${t(`keys.kind.${key.kind}`)}<//>
    ${stands !== 'good' && html`<${Status} tone="bad" icon="circle-pause" still>${t(`keys.state.${stands}`)}<//>`}</span>
    <span class="mono small dim3">${key.mask}</span>
    ${key.old_secret_expires_at && html`<span class="small dim3"> · ${t('keys.oldUntil')} <${Time} at=${key.old_secret_expires_at} /></span>`}</div>`
}

/** What was spent of the limit that is nearer. @param {any} key */
function budget(key) {
  if (key.kind === 'test') return html`<span class="mono small">—</span>`
  const limits = [[key.month_used, key.month_budget, 'month'], [key.used, key.budget, 'all']].filter(([, limit]) => limit)
  if (limits.length === 0) return html`<span class="mono small" title=${exact(key.used)}>${money(key.used)}</span> <span class="small dim3">${t('keys.noLimit')}</span>`
  return html`<div class="stack tight">${limits.map(([used, limit, span]) => {
    const share = Number(used.ticks) / Math.max(1, Number(limit.ticks))
    return html`<div key=${span}><span class="mono small" title=${exact(used)}>${money(used)} / ${money(limit)}</span> <span class="small dim3">${t(`keys.span.${span}`)}</span>
      <${Meter} share=${share} label=${t('keys.share', Math.round(share * 100))} /></div>`
  })}</div>`
}

/** @param {any} key */
const lastUse = (key) => (key.last_used_at ? html`<${Time} at=${key.last_used_at} relative /><br />
  <span class="mono dim3 clip" title=${key.last_used_client ?? ''}>${key.last_used_address ?? ''}</span>` : t('keys.unused'))

/** @param {{ of: any, list: import('../core/pages.js').Pages, setOpen: (open: Open) => void }} props */
function Actions({ of: key, list, setOpen }) {
  const copy = () => reveal(key, (secret) => setOpen({ what: 'secret', key, secret }))
  const enable = (/** @type {boolean} */ enabled) => change(key, { enabled }, list)
  return html`<${Menu} label=${t('keys.actionsFor', key.name || key.mask)} actions=${[
    key.revealable && { label: t('keys.copyKey'), icon: 'copy', act: copy },
    { label: t('keys.edit'), icon: 'pencil', act: () => setOpen({ what: 'form', key }) },
    { label: t('keys.roll'), icon: 'refresh-cw', act: () => setOpen({ what: 'roll', key }) },
    { label: t('keys.addressesSeen'), icon: 'waypoints', act: () => setOpen({ what: 'addresses', key }) },
    key.enabled ? { label: t('keys.pause'), icon: 'pause', act: () => enable(false) }
      : !key.disabled_by_operator && { label: t('keys.resume'), icon: 'play', act: () => enable(true) },
    { label: t('keys.revoke'), icon: 'trash-2', danger: true, act: () => setOpen({ what: 'revoke', key }) },
  ]} />`
}

/** Copies the secret; where the browser does not let that be after the question for the password, it
 * is shown, to be copied from there. @param {any} key @param {(secret: string) => void} show */
async function reveal(key, show) {
  try {
    const answer = await withPassword(() => post(`/api/keys/${key.id}/reveal`))
    if (!answer) return
    if (await copyText(answer.key)) toast(t('keys.copied', key.name || key.mask))
    else show(answer.key)
  } catch (error) {
    tell(error)
  }
}

/** @param {any} key @param {unknown} body @param {import('../core/pages.js').Pages} list */
async function change(key, body, list) {
  try {
    const next = await withPassword(() => patch(`/api/keys/${key.id}`, body))
    if (next) list.update((rows) => rows.map((it) => (it.id === key.id ? next : it)))
  } catch (error) {
    tell(error)
  }
}
