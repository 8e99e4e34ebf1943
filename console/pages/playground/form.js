// The form of a take, wholly from what the models say that they can.
//
// Guarantees: what a model cannot do is struck through, with the reason; a wish that it cannot
// fulfil is replaced by the nearest, which is said.

import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { Button } from '../../ui/button.js'
import { Failure } from '../../ui/feedback.js'
import { Cards, FieldError, Segments, SelectField, TextArea } from '../../ui/field.js'
import { Icon } from '../../ui/icon.js'
import { Pictures } from '../../ui/pictures.js'
import { Status } from '../../ui/values.js'
import { PROMPT_MAX, offers } from './draft.js'
import { Price } from './price.js'

/** More models than so many stand in a list instead of on cards. */
const CARDS_MAX = 5

/** @typedef {import('./draft.js').Model} Model */
/** @typedef {import('./draft.js').Shot} Shot */
/** @typedef {import('./draft.js').Draft} Draft */

/**
 * @typedef {object} FormProps
 * @property {Draft} draft
 * @property {(change: Partial<Draft> | ((was: Draft) => Partial<Draft>)) => void} set
 * @property {readonly Model[]} models
 * @property {Model} model
 * @property {Shot} shot
 * @property {any} apiKey
 * @property {import('./price.js').Quote} quote
 * @property {{ form: any, of: (name: string) => string | null, rest: any }} errors
 * @property {boolean} busy
 * @property {boolean} waits Whether it was told to wait.
 * @property {string | null} why Why nothing can be sent.
 * @property {() => void} onReset
 * @property {() => void} onSubmit
 */

/** @param {FormProps} props */
export function Form(props) {
  const { draft, set, models, model, shot, quote, errors } = props
  const submit = (/** @type {Event} */ event) => {
    event.preventDefault()
    props.onSubmit()
  }
  const all = offers(models)
  const length = [...draft.prompt].length
  return html`<form class="card" aria-label=${t('playground.shot')} ref=${errors.form} novalidate onSubmit=${submit}>
    <div class="ch"><h2>${t('playground.shot')}</h2><${ModeOf} shot=${shot} />
      <span class="end"><${Button} small kind="quiet" icon="rotate-ccw" onClick=${props.onReset}>${t('playground.reset')}<//></span></div>
    <div class="cb stack shot-form"><${Models} models=${models} value=${model.id} error=${errors.of('model')} onChange=${(/** @type {string} */ id) => set({ model: id })} />
      <${TextArea} label=${t('playground.prompt')} rows="3" value=${draft.prompt} onInput=${(/** @type {string} */ prompt) => set({ prompt })}
        end=${html`<span class=${length > PROMPT_MAX ? 'mono bad' : 'mono'}>${length} / ${PROMPT_MAX}</span>`} error=${errors.of('prompt')} />
      ${(shot.max > 0 || draft.pictures.length > 0) && html`<${Pictures} pictures=${draft.pictures} max=${shot.max} optional=${Boolean(model.capabilities.text_to_video)}
        error=${errors.of('image_urls') ?? (quote.error?.param === 'image_urls' ? quote.error.message : null)} note=${pictureNote(draft, model, shot)}
        onChange=${(/** @type {any} */ change) => set((/** @type {Draft} */ was) => ({ pictures: change(was.pictures), lost: 0 }))} />`}
      <${Spec} ...${props} all=${all} />
      ${errors.rest && !props.waits && html`<${Failure} error=${errors.rest} />`}
      <${Price} quote=${quote} model=${model} shot=${shot} apiKey=${props.apiKey} busy=${props.busy} why=${props.why} /></div></form>`
}

/** What the pictures make of it. @param {{ shot: Shot }} props */
function ModeOf({ shot }) {
  const { mode, pictures } = shot
  if (mode === null) return html`<${Status} icon="image-plus">${t('playground.mode.none')}<//>`
  const icon = mode === 'text_to_video' ? 'film' : 'images'
  return html`<${Status} icon=${icon}>${mode === 'reference_to_video' ? t('playground.mode.reference_to_video', pictures.length) : t(`playground.mode.${mode}`)}<//>`
}

/** @param {{ models: readonly Model[], value: string, error: string | null, onChange: (id: string) => void }} props */
function Models({ models, value, error, onChange }) {
  if (models.length > CARDS_MAX) {
    return html`<${SelectField} label=${t('playground.model')} value=${value} error=${error} onChange=${onChange}
      options=${models.map((it) => ({ value: it.id, label: `${it.id} · ${priceOf(it)}` }))} />`
  }
  return html`<${Cards} label=${t('playground.model')} name="model" value=${value} error=${error} onChange=${onChange}
    options=${models.map((it) => ({ value: it.id, label: html`<span class="row wrap"><b>${it.id}</b><span class="tag">${priceOf(it)}</span></span><${Abilities} model=${it} />` }))} />`
}

/** The span of prices of a second. @param {Model} model */
function priceOf(model) {
  const prices = Object.values(model.pricing.per_second).sort((a, b) => Number(a) - Number(b))
  const [least, most] = [prices[0], prices.at(-1)]
  return t('playground.perSecond', least === most ? `$${least}` : `$${least}–${most}`)
}

/** @param {{ model: Model }} props */
function Abilities({ model }) {
  const { text_to_video: text, image_to_video: one, reference_to_video: several } = model.capabilities
  const line = (/** @type {boolean} */ can, /** @type {string} */ words) => html`<span class=${can ? undefined : 'no'}><${Icon} name=${can ? 'check' : 'minus'} size="s" /><span>${words}</span></span>`
  return html`<span class="caps">${text ? line(true, t('playground.canText', text.max_seconds)) : line(false, t('playground.noText'))}
    ${one && line(true, t(text || several ? 'playground.canImage' : 'playground.canOneImage', one.max_seconds))}
    ${several && line(true, t('playground.canImages', several.max_images, several.max_seconds))}</span>`
}

/** @param {Draft} draft @param {Model} model @param {Shot} shot */
function pictureNote(draft, model, shot) {
  const unused = draft.pictures.length - shot.pictures.length
  if (unused > 0) return html`<${Hint} text=${t('playground.imagesUnused', model.id, shot.max, unused)} />`
  if (draft.lost > 0) return html`<${Hint} text=${t('playground.imagesLost', draft.lost)} />`
  return null
}

/** @param {{ text: string }} props */
function Hint({ text }) {
  return html`<p class="hint warn" role="status"><${Icon} name="info" size="s" /><span>${text}</span></p>`
}

/** Seconds, resolution and ratio. @param {FormProps & { all: ReturnType<typeof offers> }} props */
function Spec({ draft, set, model, shot, all, errors }) {
  const { capabilities: can } = model
  const cap = secondsWhy(model, shot)
  const seconds = all.seconds.map((it) => {
    const disabled = !shot.limits.seconds.includes(it)
    return { value: String(it), label: String(it), disabled, why: disabled ? cap : undefined }
  })
  const of = (/** @type {readonly string[]} */ values, /** @type {readonly string[]} */ offered, /** @type {(it: string) => any} */ label) =>
    values.map((it) => ({ value: it, label: label(it), disabled: !offered.includes(it), why: offered.includes(it) ? undefined : t('playground.notOffered', model.id, it) }))
  const instead = (/** @type {any} */ wish, /** @type {any} */ now) => (wish === now ? null : t('playground.instead', model.id, wish, now))
  const isCut = seconds.some((it) => it.disabled)
  const told = [isCut && cap, shot.seconds !== draft.seconds && t('playground.secondsInstead', shot.seconds, draft.seconds), instead(draft.resolution, shot.resolution)].filter(Boolean).join(' ')
  return html`<div class="stack tight"><div class="pair"><${Segments} label=${t('playground.seconds')} name="seconds" value=${String(shot.seconds)} options=${seconds}
        onChange=${(/** @type {string} */ it) => set({ seconds: Number(it) })} error=${errors.of('seconds')} />
      <${Segments} label=${t('playground.resolution')} name="resolution" value=${shot.resolution} options=${of(all.resolutions, can.resolutions, (it) => it)}
        onChange=${(/** @type {string} */ resolution) => set({ resolution })} error=${errors.of('resolution')} /></div>
      ${told && html`<${Hint} text=${told} />`}</div>
    <div class="stack tight"><${Segments} label=${t('playground.ratio')} name="ratio" kind="shape" value=${shot.ratio}
        options=${of(all.ratios, can.aspect_ratios, (it) => html`<${Shape} ratio=${it} />${it}`)}
        onChange=${(/** @type {string} */ ratio) => set({ ratio })} />
      ${instead(draft.ratio, shot.ratio) ? html`<${Hint} text=${instead(draft.ratio, shot.ratio)} />`
        : all.ratios.length > can.aspect_ratios.length && html`<p class="hint">${t('playground.only', model.id, can.aspect_ratios.join(t('playground.and')))}</p>`}
      ${errors.of('aspect_ratio') && html`<${FieldError} text=${errors.of('aspect_ratio')} />`}</div>`
}

/** Why some lengths cannot be had. @param {Model} model @param {Shot} shot */
function secondsWhy(model, shot) {
  const most = shot.limits.max_seconds
  return shot.mode === 'reference_to_video' ? t('playground.secondsReference', most) : t('playground.secondsMost', model.id, most)
}

/** A frame of this ratio, drawn. @param {{ ratio: string }} props */
function Shape({ ratio }) {
  const [width, height] = ratio.split(':').map(Number)
  const scale = 24 / Math.max(width, height)
  const [w, h] = [width * scale, height * scale]
  return html`<svg viewBox="0 0 26 26" aria-hidden="true"><rect x=${13 - w / 2} y=${13 - h / 2} width=${w} height=${h} rx="1.5" /></svg>`
}
