// Groups: what their accounts pay, may use, and how much of it at a time.

import { toast } from '../core/announce.js'
import { get, patch, post, remove } from '../core/api.js'
import { number } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { usePages } from '../core/pages.js'
import { useResource } from '../core/resource.js'
import { to } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Confirm } from '../ui/dialog.js'
import { Empty, Loaded } from '../ui/feedback.js'
import { Check, FieldError, TextField, numeric } from '../ui/field.js'
import { FormDialog } from '../ui/form.js'
import { Menu } from '../ui/menu.js'
import { Card, Foot, Head, Table } from '../ui/table.js'
import { Tag } from '../ui/values.js'

/** The group that accounts are in unless told otherwise. */
const DEFAULT = 'default'
const LIMITS = ['in_flight_max', 'waiting_max', 'creates_per_minute', 'total_in_flight_max', 'total_waiting_max']
const FIELDS = ['name', 'description', 'multiplier', 'models', ...LIMITS]
/** What a group's multiplier is shown by: so many seconds at a resolution. */
const EXAMPLE = { seconds: 6, resolution: '720p' }

export default function Groups() {
  const list = usePages('/api/admin/groups', { limit: 100 })
  const models = useResource((signal) => get('/api/admin/models', undefined, { signal }), []).data?.data ?? []
  const [open, setOpen] = useState(/** @type {{ what: 'edit' | 'delete', group?: any } | null} */ (null))
  const close = () => setOpen(null)
  const done = (/** @type {any} */ group) => {
    close()
    list.reload()
    toast(t('groups.saved', group.name))
  }
  return html`<${Head} title=${t('groups.title')} text=${t('groups.text')}>
      <${Button} kind="lamp" icon="plus" onClick=${() => setOpen({ what: 'edit' })}>${t('groups.create')}<//><//>
    <${Card}><${Loaded} of=${list}>${(/** @type {any[]} */ rows) => html`<${List} rows=${rows} list=${list} models=${models} setOpen=${setOpen} />`}<//><//>
    ${open?.what === 'edit' && html`<${Form} of=${open.group} models=${models} onClose=${close} onDone=${done} />`}
    ${open?.what === 'delete' && html`<${Confirm} title=${t('groups.deleteTitle', open.group.name)} action=${t('groups.delete')} typed=${open.group.name} onClose=${close}
      act=${() => remove(`/api/admin/groups/id:${open.group.id}`).then(() => { toast(t('groups.deleted', open.group.name)); list.reload() })}><p>${t('groups.deleteText')}</p><//>`}`
}

/** @param {{ rows: any[], list: import('../core/pages.js').Pages, models: readonly any[], setOpen: (it: any) => void }} props */
function List({ rows, list, models, setOpen }) {
  if (rows.length === 0) return html`<${Empty} title=${t('groups.empty')} />`
  const limit = (/** @type {string} */ name, /** @type {string} */ none) => ({
    id: name, label: t(`groups.${name}`), number: true, class: 'mono small', cell: (/** @type {any} */ it) => it[name] ?? html`<span class="dim3">${t(none)}</span>`,
  })
  const columns = [
    { id: 'name', label: t('groups.name'), lead: true, cell: (/** @type {any} */ it) => html`<div><span class="row"><b>${it.name}</b>${it.name === DEFAULT && html`<${Tag}>${t('groups.default')}<//>`}</span>
      <span class="sub">${it.description}</span></div>` },
    { id: 'multiplier', label: t('groups.multiplier'), number: true, cell: (/** @type {any} */ it) => html`<span class="mono small">×${it.multiplier}</span><span class="sub">${worth(it, models)}</span>` },
    { id: 'models', label: t('groups.models'), cell: (/** @type {any} */ it) => html`<span class="small">${it.models ? it.models.join(', ') : t('groups.allModels')}</span>` },
    limit('in_flight_max', 'groups.asGateway'), limit('waiting_max', 'groups.asGateway'), limit('creates_per_minute', 'groups.asGateway'),
    limit('total_in_flight_max', 'groups.noLimit'), limit('total_waiting_max', 'groups.noLimit'),
    { id: 'accounts', label: t('groups.accounts'), number: true, class: 'small', cell: (/** @type {any} */ it) => html`<a href=${to(`/admin/users?group=${encodeURIComponent(it.name)}`)}>${number(it.accounts)}</a>` },
    { id: 'act', label: t('groups.actions'), hidden: true, number: true, class: 'act', cell: (/** @type {any} */ it) => html`<${Menu} label=${t('groups.actionsFor', it.name)} actions=${[
      { label: t('groups.edit'), icon: 'pencil', act: () => setOpen({ what: 'edit', group: it }) },
      it.name !== DEFAULT && { label: t('groups.delete'), icon: 'trash-2', danger: true, act: () => setOpen({ what: 'delete', group: it }) },
    ]} />` },
  ]
  return html`<${Table} caption=${t('groups.title')} columns=${columns} rows=${rows} id=${(/** @type {any} */ it) => it.id} />
    <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('groups.count', rows.length)}<//>`
}

/** What a sample video costs a group's account. @param {any} group @param {readonly any[]} models */
function worth(group, models) {
  const model = models.find((it) => it.price_per_second[EXAMPLE.resolution] !== undefined)
  if (!model) return ''
  const price = Number(model.price_per_second[EXAMPLE.resolution]) * EXAMPLE.seconds * Number(group.multiplier)
  return t('groups.worth', EXAMPLE.seconds, EXAMPLE.resolution, `$${number(price, { minimumFractionDigits: 2, maximumFractionDigits: 4 })}`)
}

/** @param {any} group */
const begin = (group) => ({
  name: group?.name ?? '', description: group?.description ?? '', multiplier: group?.multiplier ?? '1', models: /** @type {string[] | null} */ (group?.models ?? null),
  ...Object.fromEntries(LIMITS.map((it) => [it, String(group?.[it] ?? '')])),
})

/** @param {{ of?: any, models: readonly any[], onClose: () => void, onDone: (group: any) => void }} props */
function Form({ of: group, models, onClose, onDone }) {
  const [values, setValues] = useState(/** @type {Record<string, any>} */ (begin(group)))
  const set = (/** @type {string} */ name) => (/** @type {any} */ value) => setValues((was) => ({ ...was, [name]: value }))
  const act = () => {
    const limits = Object.fromEntries(LIMITS.map((it) => [it, numeric(values[it])]))
    const asked = { name: values.name.trim(), description: values.description.trim(), multiplier: values.multiplier.trim(), models: values.models, ...limits }
    return group ? patch(`/api/admin/groups/id:${group.id}`, asked) : post('/api/admin/groups', asked)
  }
  const text = (/** @type {string} */ name, /** @type {(field: string) => string | null} */ wrong, /** @type {Record<string, any>} */ more = {}) => html`<${TextField} label=${t(`groups.${name}`)}
    value=${values[name]} onInput=${set(name)} error=${wrong(name)} ...${more} />`
  return html`<${FormDialog} title=${group ? t('groups.editTitle', group.name) : t('groups.create')} icon="layers" action=${t('groups.save')} fields=${FIELDS} act=${act} done=${onDone}
    onClose=${onClose}>${(/** @type {(field: string) => string | null} */ wrong) => html`
    <div class="grid2">${text('name', wrong, { autofocus: true, spellcheck: false })}${text('multiplier', wrong, { mono: true, inputmode: 'decimal', hint: worth(values, models) })}</div>
    ${text('description', wrong, { optional: t('groups.optional') })}
    <${Models} chosen=${values.models} all=${models.map((it) => it.id)} onChange=${set('models')} error=${wrong('models')} />
    <div class="grid2">${LIMITS.map((it) => text(it, wrong, { key: it, mono: true, inputmode: 'numeric', optional: t(it.startsWith('total') ? 'groups.emptyNoLimit' : 'groups.emptyGateway') }))}</div>`}<//>`
}

/** @param {{ chosen: string[] | null, all: readonly string[], onChange: (models: string[] | null) => void, error: string | null }} props */
function Models({ chosen, all, onChange, error }) {
  const toggle = (/** @type {string} */ id) => (/** @type {boolean} */ on) => onChange(on ? [...(chosen ?? []), id] : (chosen ?? []).filter((it) => it !== id))
  return html`<fieldset class="field"><legend class="lab">${t('groups.models')}</legend>
    <${Check} checked=${chosen === null} onChange=${(/** @type {boolean} */ on) => onChange(on ? null : [...all])}>${t('groups.allModels')}<//>
    ${chosen !== null && [...new Set([...all, ...chosen])].map((id) => html`<${Check} key=${id} checked=${chosen.includes(id)} onChange=${toggle(id)}><span class="mono small">${id}</span><//>`)}
    ${error && html`<${FieldError} text=${error} />`}</fieldset>`
}
