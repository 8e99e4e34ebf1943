// What the form of a channel holds, and what is sent for it.

import { numeric } from '../../ui/field.js'

/** @typedef {Record<string, any>} Values */

/** What the form begins with: a channel's own, or a preset's.
 * @param {any} channel @param {any} preset @param {readonly any[]} models @returns {Values} */
export function begin(channel, preset, models) {
  return {
    provider: preset.name,
    name: channel?.name ?? '',
    base_url: channel?.base_url ?? preset.base_url ?? '',
    api_key: '',
    models: channel?.models ?? offered(preset, models),
    costs: prices(channel?.costs ?? {}),
    priority: String(channel?.priority ?? 10),
    weight: String(channel?.weight ?? 100),
    max_concurrency: String(channel?.max_concurrency ?? preset.max_concurrency),
    groups: (channel?.groups ?? []).join(', '),
    media_origins: (channel?.media_origins ?? []).join(', '),
    image_fit: channel?.image_fit ?? 'cover',
    images: channel?.images ?? 'inline',
    result_links: channel?.result_links ?? 'own',
    poll_interval_ms: String(channel?.poll_interval_ms ?? preset.poll_interval_ms),
    enabled: channel?.enabled ?? true,
  }
}

/** @param {any} preset @param {readonly any[]} models @returns {Record<string, string>} */
function offered(preset, models) {
  if (preset.models === 'same') return Object.fromEntries(models.map((it) => [it.id, it.id]))
  return preset.models ?? {}
}

/** Costs as text: a field for each. @param {Record<string, any>} costs */
function prices(costs) {
  return Object.fromEntries(Object.entries(costs).map(([id, it]) => [id, { per_second: { ...it.per_second }, per_image: it.per_image ?? '' }]))
}

/** @param {string} text */
const list = (text) => text.split(/[\s,]+/).filter(Boolean)


/** What is sent. A channel's credential stays unless another was typed.
 * @param {Values} values @param {any} [channel] */
export function body(values, channel) {
  const models = Object.fromEntries(Object.entries(values.models).map(([ours, theirs]) => [ours, String(theirs).trim()]).filter(([, theirs]) => theirs !== ''))
  const groups = list(values.groups)
  return {
    ...(channel ? {} : { provider: values.provider, enabled: values.enabled }),
    name: values.name.trim(),
    ...(values.base_url.trim() ? { base_url: values.base_url.trim() } : {}),
    ...(values.api_key ? { api_key: values.api_key } : {}),
    models,
    costs: costsOf(values.costs, models),
    priority: numeric(values.priority),
    weight: numeric(values.weight),
    max_concurrency: numeric(values.max_concurrency),
    ...(groups.length > 0 || channel ? { groups } : {}),
    media_origins: list(values.media_origins),
    image_fit: values.image_fit,
    images: values.images,
    result_links: values.result_links,
    poll_interval_ms: numeric(values.poll_interval_ms),
  }
}

/** @param {Record<string, any>} costs @param {Record<string, string>} models */
function costsOf(costs, models) {
  const filled = Object.entries(costs).filter(([id]) => models[id] !== undefined).map(([id, it]) => {
    const perSecond = Object.fromEntries(Object.entries(it.per_second).filter(([, price]) => String(price).trim() !== ''))
    return [id, { per_second: perSecond, ...(String(it.per_image).trim() ? { per_image: it.per_image } : {}) }]
  })
  return Object.fromEntries(filled.filter(([, it]) => Object.keys(/** @type {any} */ (it).per_second).length > 0 || /** @type {any} */ (it).per_image))
}
