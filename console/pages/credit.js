// Redemption codes: made in batches, shown once, redeemed by whom and when.

import { toast } from '../core/announce.js'
import { post, remove } from '../core/api.js'
import { dayEnd } from '../core/days.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { usePages } from '../core/pages.js'
import { setQuery, to } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { CopyButton } from '../ui/copy.js'
import { Confirm, Dialog } from '../ui/dialog.js'
import { Empty, Loaded, Note } from '../ui/feedback.js'
import { Field, Select, TextField, numeric } from '../ui/field.js'
import { FormDialog } from '../ui/form.js'
import { Search } from '../ui/search.js'
import { Card, Foot, Head, Table } from '../ui/table.js'
import { Money, Status, Time } from '../ui/values.js'

const STATES = ['open', 'redeemed', 'revoked', 'expired']
const LOOKS = /** @type {Record<string, [string, string]>} */ ({ open: ['good', 'ticket'], redeemed: ['', 'circle-check'], revoked: ['bad', 'ban'], expired: ['', 'clock'] })

/** @param {{ query: URLSearchParams }} props */
export default function Credit({ query }) {
  const batch = query.get('batch')
  const state = query.get('state')
  const list = usePages('/api/admin/codes', { batch, state, limit: 50 })
  const [open, setOpen] = useState(/** @type {{ what: 'make' | 'made' | 'revoke', of?: any } | null} */ (null))
  const close = () => setOpen(null)
  const made = (/** @type {any} */ answer) => {
    list.reload()
    setOpen({ what: 'made', of: answer.data })
  }
  return html`<${Head} title=${t('credit.title')} text=${t('credit.text')}>
      <${Button} icon="users" href=${to('/admin/users')}>${t('credit.grant')}<//>
      <${Button} kind="lamp" icon="plus" onClick=${() => setOpen({ what: 'make' })}>${t('credit.make')}<//><//>
    <${Card}><div class="filters"><${Search} label=${t('credit.batch')} param="batch" /><span class="grow"></span>
        <${Select} aria-label=${t('credit.state')} value=${state ?? ''} onChange=${(/** @type {string} */ value) => setQuery({ state: value || null })}
          options=${[{ value: '', label: t('credit.allStates') }, ...STATES.map((it) => ({ value: it, label: t(`credit.state.${it}`) }))]} /></div>
      <${Loaded} of=${list}>${(/** @type {any[]} */ rows) => html`<${List} rows=${rows} list=${list} isFiltered=${Boolean(batch || state)} revoke=${(/** @type {any} */ of) => setOpen({ what: 'revoke', of })} />`}<//><//>
    ${open?.what === 'make' && html`<${Make} onClose=${close} onDone=${made} />`}
    ${open?.what === 'made' && html`<${Made} codes=${open.of} onClose=${close} />`}
    ${open?.what === 'revoke' && html`<${Confirm} title=${t('credit.revokeTitle', open.of.mask)} action=${t('credit.revoke')} onClose=${close}
      act=${() => remove(`/api/admin/codes/${open.of.id}`).then(() => { toast(t('credit.revoked', open.of.mask)); list.reload() })}><p>${t('credit.revokeText')}</p><//>`}`
}

/** @param {{ rows: any[], list: import('../core/pages.js').Pages, isFiltered: boolean, revoke: (code: any) => void }} props */
function List({ rows, list, isFiltered, revoke }) {
  if (rows.length === 0) return html`<${Empty} title=${t(isFiltered ? 'credit.none' : 'credit.empty')} text=${isFiltered ? undefined : t('credit.emptyText')} />`
  const columns = [
    { id: 'mask', label: t('credit.code'), lead: true, cell: (/** @type {any} */ it) => html`<div><b class="mono">${it.mask}</b><span class="sub">${it.batch}</span></div>` },
    { id: 'amount', label: t('credit.amount'), number: true, cell: (/** @type {any} */ it) => html`<${Money} of=${it.amount} />` },
    { id: 'state', label: t('credit.state'), cell: (/** @type {any} */ it) => html`<${Status} tone=${LOOKS[it.state]?.[0]} icon=${LOOKS[it.state]?.[1] ?? 'circle-help'} still>${t(`credit.state.${it.state}`)}<//>` },
    { id: 'by', label: t('credit.by'), class: 'small', cell: (/** @type {any} */ it) => it.redeemed_by === null ? '—' : html`<a href=${to(`/admin/users/${it.redeemed_by}`)}>${t('credit.account', it.redeemed_by)}</a> <${Time} at=${it.redeemed_at} />` },
    { id: 'made', label: t('credit.madeAt'), number: true, class: 'small', cell: (/** @type {any} */ it) => html`<${Time} at=${it.created_at} />` },
    { id: 'until', label: t('credit.until'), number: true, class: 'small', cell: (/** @type {any} */ it) => it.expires_at ? html`<${Time} at=${it.expires_at} />` : t('credit.forEver') },
    { id: 'act', label: t('credit.actions'), hidden: true, number: true, class: 'act', cell: (/** @type {any} */ it) => it.state === 'open' && html`<${Button} small kind="quiet" icon="ban" onClick=${() => revoke(it)}>${t('credit.revoke')}<//>` },
  ]
  return html`<${Table} caption=${t('credit.title')} columns=${columns} rows=${rows} id=${(/** @type {any} */ it) => it.id} />
    <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('credit.shown', rows.length)}<//>`
}

/** @param {{ onClose: () => void, onDone: (answer: any) => void }} props */
function Make({ onClose, onDone }) {
  const [values, setValues] = useState({ amount: '', count: '10', batch: '', until: '' })
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) => setValues((was) => ({ ...was, [name]: value }))
  const act = () => post('/api/admin/codes', {
    amount: values.amount.trim(), count: numeric(values.count), ...(values.batch.trim() ? { batch: values.batch.trim() } : {}),
    expires_at: dayEnd(values.until),
  })
  return html`<${FormDialog} title=${t('credit.make')} icon="ticket" action=${t('credit.make')} fields=${['amount', 'count', 'batch', 'expires_at']} act=${act} done=${onDone} onClose=${onClose}>
    ${(/** @type {(field: string) => string | null} */ wrong) => html`<div class="grid2">
      <${TextField} label=${t('credit.each')} mono inputmode="decimal" autofocus value=${values.amount} onInput=${set('amount')} error=${wrong('amount')} />
      <${TextField} label=${t('credit.count')} mono inputmode="numeric" value=${values.count} onInput=${set('count')} error=${wrong('count')} hint=${t('credit.countHint')} /></div>
      <div class="grid2"><${TextField} label=${t('credit.batch')} optional=${t('credit.optional')} value=${values.batch} onInput=${set('batch')} error=${wrong('batch')} />
      <${Field} label=${t('credit.until')} optional=${t('credit.optional')} error=${wrong('expires_at')} control=${(/** @type {any} */ bind) => html`<input class="in" type="date" ...${bind}
        value=${values.until} onInput=${(/** @type {any} */ event) => set('until')(event.target.value)} />`} /></div>`}<//>`
}

/** The codes, this once. @param {{ codes: readonly any[], onClose: () => void }} props */
function Made({ codes, onClose }) {
  const [kept, setKept] = useState(false)
  const [asked, setAsked] = useState(false)
  const lines = codes.map((it) => it.code).join('\n')
  const save = () => {
    const table = ['code,amount_usd,batch', ...codes.map((it) => `${it.code},${it.amount.amount},"${it.batch.replaceAll('"', '""')}"`)].join('\r\n')
    const url = URL.createObjectURL(new Blob([table], { type: 'text/csv' }))
    const link = Object.assign(document.createElement('a'), { href: url, download: 'codes.csv' })
    link.click()
    URL.revokeObjectURL(url)
    setKept(true)
  }
  const done = () => (kept || asked ? onClose() : setAsked(true))
  return html`<${Dialog} title=${t('credit.saveNow', codes.length)} stick alert footer=${html`<${Button} icon="download" onClick=${save}>CSV<//>
      <${CopyButton} text=${lines} label=${t('credit.copyAll')} onCopied=${() => setKept(true)} /><${Button} onClick=${done}>${t(asked && !kept ? 'credit.closeAnyway' : 'credit.done')}<//>`}>
    <p class="dim">${t('credit.once')}</p><textarea class="in mono" rows=${Math.min(10, codes.length)} readonly aria-label=${t('credit.codes')} value=${lines}></textarea>
    ${asked && !kept && html`<${Note} icon="triangle-alert"><span role="alert">${t('credit.notKept')}</span><//>`}<//>`
}
