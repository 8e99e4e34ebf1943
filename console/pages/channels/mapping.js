// Our models beside the upstream's names for them, with what each costs.

import { html, names, newId } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { useState } from '../../vendor/hooks.js'

/** @param {{ values: any, set: (name: string) => (value: any) => void, models: readonly any[], theirs: readonly string[] }} props */
export function Mapping({ values, set, models, theirs }) {
  const [id] = useState(() => newId('theirs'))
  const resolutions = [...new Set(models.flatMap((it) => Object.keys(it.price_per_second)))]
  const map = (/** @type {string} */ ours) => (/** @type {any} */ event) => set('models')({ ...values.models, [ours]: event.target.value })
  const cost = (/** @type {string} */ ours, /** @type {string | null} */ resolution) => (/** @type {any} */ event) => {
    const was = values.costs[ours] ?? { per_second: {}, per_image: '' }
    const next = resolution === null ? { ...was, per_image: event.target.value } : { ...was, per_second: { ...was.per_second, [resolution]: event.target.value } }
    set('costs')({ ...values.costs, [ours]: next })
  }
  const price = (/** @type {string} */ ours, /** @type {string | null} */ resolution, /** @type {string} */ label) => html`<input class="in mono" inputmode="decimal" aria-label=${label} placeholder="0"
    value=${(resolution === null ? values.costs[ours]?.per_image : values.costs[ours]?.per_second[resolution]) ?? ''} onInput=${cost(ours, resolution)} />`
  return html`<datalist id=${id}>${theirs.map((it) => html`<option key=${it} value=${it}></option>`)}</datalist>
    <div class="scroll" tabindex="0" role="group" aria-label=${t('channels.mapping')}><table class="tbl map"><caption class="sr">${t('channels.mapping')}</caption>
      <thead><tr><th scope="col">${t('channels.ours')}</th><th scope="col">${t('channels.theirs')}</th>
        ${resolutions.map((it) => html`<th key=${it} scope="col" class="num">${t('channels.costSecond', it)}</th>`)}<th scope="col" class="num">${t('channels.costImage')}</th></tr></thead>
      <tbody>${models.map((it) => html`<tr key=${it.id} class=${names(!values.models[it.id] && 'off')}><th scope="row" class="mono small">${it.id}</th>
        <td><input class="in mono" list=${id} spellcheck="false" aria-label=${t('channels.theirsFor', it.id)} placeholder=${t('channels.notServed')} value=${values.models[it.id] ?? ''} onInput=${map(it.id)} /></td>
        ${resolutions.map((resolution) => html`<td key=${resolution} class="num">${resolution in it.price_per_second && price(it.id, resolution, t('channels.costOf', it.id, resolution))}</td>`)}
        <td class="num">${price(it.id, null, t('channels.costOf', it.id, t('channels.picture')))}</td></tr>`)}</tbody></table></div>
    <p class="hint">${t('channels.mappingHint')}</p>`
}
