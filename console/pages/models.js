// Models and prices: what is offered, for how much, and what it costs on each channel.

import { toast } from '../core/announce.js'
import { get, patch } from '../core/api.js'
import { number } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { usePages } from '../core/pages.js'
import { useResource } from '../core/resource.js'
import { to } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Diff, differences } from '../ui/diff.js'
import { Empty, Loaded } from '../ui/feedback.js'
import { Switch, TextField } from '../ui/field.js'
import { FormDialog } from '../ui/form.js'
import { Card, Foot, Head, Table } from '../ui/table.js'
import { Time } from '../ui/values.js'
import { tell } from '../ui/tell.js'

const MODES = ['text_to_video', 'image_to_video', 'reference_to_video']

export default function Models() {
  const models = useResource((signal) => get('/api/admin/models', undefined, { signal }), [])
  const offered = useResource((signal) => get('/api/models', undefined, { signal }), []).data?.data ?? []
  const channels = usePages('/api/admin/channels', { limit: 100 }).data ?? []
  const [edited, setEdited] = useState(/** @type {any} */ (null))
  const reload = () => models.reload()
  return html`<${Head} title=${t('models.title')} text=${t('models.text')} />
    <div class="stack wide"><${Loaded} of=${models}>${(/** @type {any} */ list) => html`<div class="stack wide">${list.data.map((/** @type {any} */ it) => html`<${Model} key=${it.id} of=${it}
        card=${offered.find((/** @type {any} */ one) => one.id === it.id)} channels=${channels} edit=${() => setEdited(it)} reload=${reload} />`)}</div>`}<//><${History} /></div>
    ${edited && html`<${Prices} of=${edited} onClose=${() => setEdited(null)} onDone=${() => { setEdited(null); reload(); toast(t('models.saved', edited.id)) }} />`}`
}

/** @param {{ of: any, card: any, channels: readonly any[], edit: () => void, reload: () => void }} props */
function Model({ of: model, card, channels, edit, reload }) {
  const turn = async (/** @type {boolean} */ enabled) => {
    try {
      await patch(`/api/admin/models/${encodeURIComponent(model.id)}`, { enabled })
    } catch (error) {
      tell(error)
    }
    reload()
  }
  const serving = channels.filter((it) => it.models[model.id])
  const end = html`<span class="row"><${Switch} checked=${model.enabled} onChange=${turn} label=${t('models.offer', model.id)} /><${Button} small icon="pencil" onClick=${edit}>${t('models.edit')}<//></span>`
  return html`<${Card} title=${html`<span class="mono">${model.id}</span>`} text=${model.name} end=${end} padded>
    <div class="stack tight">${card ? html`<p class="small dim">${card.description}</p><p class="small">${MODES.filter((it) => card.capabilities[it]).map((it) => t(`models.mode.${it}`, card.capabilities[it].max_seconds, card.capabilities[it].max_images)).join(' · ')}</p>
        <p class="small dim">${card.capabilities.resolutions.join(', ')} · ${card.capabilities.aspect_ratios.join(', ')}</p>` : html`<p class="small dim">${t(model.enabled ? 'models.notServed' : 'models.hidden')}</p>`}
      ${model.aliases.length > 0 && html`<p class="small dim3">${t('models.aliases')} <span class="mono">${model.aliases.join(', ')}</span></p>`}</div>
    <${Costs} model=${model} serving=${serving} /><//>`
}

/** Prices beside what each channel costs. @param {{ model: any, serving: readonly any[] }} props */
function Costs({ model, serving }) {
  const resolutions = Object.keys(model.price_per_second)
  const cost = (/** @type {any} */ channel, /** @type {string} */ resolution) => channel.costs[model.id]?.per_second?.[resolution]
  const rows = [{ id: 'price', name: t('models.price'), price: true }, ...serving]
  const columns = [
    { id: 'name', label: t('models.per'), lead: true, cell: (/** @type {any} */ it) => it.price ? html`<b>${it.name}</b>` : html`<a href=${to(`/admin/channels?edit=${it.id}`)}>${it.name}</a>` },
    ...resolutions.map((resolution) => ({ id: resolution, label: t('models.perSecond', resolution), number: true, class: 'small', cell: (/** @type {any} */ it) => it.price
      ? html`<span class="mono">$${model.price_per_second[resolution]}</span>` : html`<${Margin} cost=${cost(it, resolution)} price=${model.price_per_second[resolution]} />` })),
    { id: 'image', label: t('models.perImage'), number: true, class: 'small', cell: (/** @type {any} */ it) => it.price ? html`<span class="mono">$${model.price_per_image}</span>`
      : html`<${Margin} cost=${it.costs[model.id]?.per_image} price=${model.price_per_image} />` },
  ]
  return html`<${Table} caption=${t('models.costsOf', model.id)} columns=${columns} rows=${rows} id=${(/** @type {any} */ it) => it.id} />
    ${serving.length === 0 && html`<p class="small dim">${t('models.noChannel')}</p>`}`
}

/** What a channel costs, and what is left of the price. @param {{ cost: string | undefined, price: string }} props */
function Margin({ cost, price }) {
  if (cost === undefined || cost === null) return html`<span class="dim3">${t('models.free')}</span>`
  const share = Number(price) > 0 ? (Number(price) - Number(cost)) / Number(price) : null
  return html`<span class="mono">$${cost}</span><span class=${`sub ${share !== null && share < 0 ? 'bad' : ''}`}>${share === null ? '' : t('models.margin', number(share, { style: 'percent' }))}</span>`
}

/** @param {{ of: any, onClose: () => void, onDone: () => void }} props */
function Prices({ of: model, onClose, onDone }) {
  const begin = { price_per_second: { ...model.price_per_second }, price_per_image: model.price_per_image }
  const [values, setValues] = useState(/** @type {any} */ (begin))
  const changes = differences(begin, values)
  const second = (/** @type {string} */ it) => (/** @type {string} */ value) => setValues((/** @type {any} */ was) => ({ ...was, price_per_second: { ...was.price_per_second, [it]: value.trim() } }))
  const act = () => patch(`/api/admin/models/${encodeURIComponent(model.id)}`, values)
  const reset = () => setValues({ price_per_second: { ...model.default.price_per_second }, price_per_image: model.default.price_per_image })
  return html`<${FormDialog} title=${t('models.editTitle', model.id)} icon="badge-dollar-sign" action=${t('models.save')} fields=${['price_per_second', 'price_per_image']} disabled=${changes.length === 0}
    act=${act} done=${onDone} onClose=${onClose}>${(/** @type {(field: string) => string | null} */ wrong) => html`<p class="dim">${t('models.editText')}</p>
    <div class="grid2">${Object.keys(values.price_per_second).map((it) => html`<${TextField} key=${it} label=${t('models.perSecond', it)} mono inputmode="decimal" value=${values.price_per_second[it]} onInput=${second(it)}
      error=${wrong('price_per_second')} />`)}
    <${TextField} label=${t('models.perImage')} mono inputmode="decimal" value=${values.price_per_image} error=${wrong('price_per_image')}
      onInput=${(/** @type {string} */ value) => setValues((/** @type {any} */ was) => ({ ...was, price_per_image: value.trim() }))} /></div>
    <div><${Button} small icon="rotate-ccw" onClick=${reset}>${t('models.reset')}<//></div>
    ${changes.length > 0 && html`<${Diff} of=${changes} caption=${t('models.changes')} />`}`}<//>`
}

/** The versions of all prices. */
function History() {
  const list = usePages('/api/admin/prices', { limit: 20 })
  const columns = [
    { id: 'version', label: t('models.version'), lead: true, cell: (/** @type {any} */ it) => html`<b class="mono">${it.version}</b>` },
    { id: 'prices', label: t('models.prices'), cell: (/** @type {any} */ it) => html`<span class="small mono">${Object.entries(it.prices).map(([id, one]) => html`<div key=${id}>${id}: ${Object.entries(/** @type {any} */ (one).per_second).map(([at, price]) => `${at} $${price}`).join(', ')}</div>`)}</span>` },
    { id: 'actor', label: t('models.actor'), class: 'small', cell: (/** @type {any} */ it) => it.actor },
    { id: 'at', label: t('models.since'), number: true, class: 'small', cell: (/** @type {any} */ it) => html`<${Time} at=${it.created_at} />` },
  ]
  return html`<${Card} title=${t('models.history')} text=${t('models.historyText')}><${Loaded} of=${list}>${(/** @type {any[]} */ rows) => rows.length === 0 ? html`<${Empty} title=${t('models.noHistory')} />`
    : html`<${Table} caption=${t('models.history')} columns=${columns} rows=${rows} id=${(/** @type {any} */ it) => it.version} />
      <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('models.versions', rows.length)}<//>`}<//><//>`
}
