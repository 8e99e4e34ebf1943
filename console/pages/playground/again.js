// A take's settings and its request, to use again.

import { get } from '../../core/api.js'
import { picture } from '../../ui/pictures.js'

/** @typedef {import('./draft.js').Draft} Draft */
/** @typedef {import('../../ui/pictures.js').Picture} Picture */

/** The settings of a take, from what `GET /api/tasks/{id}` says of its request.
 * @param {any} detail @param {Draft} draft @param {readonly Picture[] | undefined} known Its pictures, if it was made here. @returns {Draft} */
export function draftOf(detail, draft, known) {
  const { request } = detail
  const given = /** @type {any[]} */ ([request.image_urls, request.input_reference, request.reference_images].flat().filter(Boolean))
  const links = given.filter((it) => typeof it === 'string' && /^https?:/.test(it))
  const pictures = known ?? links.map((it) => picture(it, it))
  return {
    ...draft,
    prompt: request.prompt ?? detail.prompt,
    model: request.model ?? detail.task.model,
    seconds: detail.task.seconds_requested ?? detail.task.seconds,
    resolution: detail.task.resolution,
    ratio: detail.task.aspect_ratio,
    pictures: pictures.map((it) => picture(it.url, it.name, it.bytes)),
    lost: Math.max(0, detail.image_count - pictures.length),
    opened: detail.task.task_id,
  }
}

/** The id of a take's model: clients may have called it by another name, which only the list's filter
 * knows. @param {any} detail @param {readonly { id: string }[]} models @returns {Promise<string>} */
export async function modelOf(detail, models) {
  const said = detail.request.model ?? detail.task.model
  if (models.some((it) => it.id === said)) return said
  for (const { id } of models) {
    const found = await get('/api/tasks', { model: id, q: detail.task.task_id, limit: 1 }).catch(() => null)
    if (found && found.data.length > 0) return id
  }
  return said
}

/** A request as it is copied: what was sent as a file is named, not shown. @param {Record<string, unknown>} request */
export function copied(request) {
  const show = (/** @type {unknown} */ it) => {
    const type = typeof it === 'string' && /^(?:data:|\()(image\/[a-z]+)/.exec(it)?.[1]
    return type ? `data:${type};base64,…` : it
  }
  const of = (/** @type {string} */ name, /** @type {unknown} */ value) => (name === 'prompt' ? value : Array.isArray(value) ? value.map(show) : show(value))
  return Object.fromEntries(Object.entries(request).map(([name, value]) => [name, of(name, value)]))
}
