// What is asked for: the wishes of the form, and what a model makes of them.
//
// Guarantees: nothing here knows a model; all limits are those of `capabilities`. A wish that the
// model cannot fulfil stays a wish: the nearest is used meanwhile, and comes back with the model.

import { keepHere, recallHere } from '../../core/memory.js'
import { isLink, picture } from '../../ui/pictures.js'

/** Most characters of a prompt. */
export const PROMPT_MAX = 4_096
/** Pictures are kept over a reload as long as they are not larger than so many characters together. */
const KEPT_MAX = 1_500_000
/** How many takes may be under way at a time on this page. */
export const TAKES_MAX = 4

/** @typedef {'text_to_video' | 'image_to_video' | 'reference_to_video'} Mode */
/** @typedef {{ max_seconds: number, max_images: number, seconds: number[] }} Limits */
/** @typedef {{ [mode in Mode]?: Limits } & { aspect_ratios: string[], resolutions: string[] }} Capabilities */
/** @typedef {{ id: string, name: string, description: string, capabilities: Capabilities,
 *   pricing: { per_second: Record<string, string>, per_image: string } }} Model */

/** @typedef {import('../../ui/pictures.js').Picture} Picture */

/**
 * @typedef {object} Draft
 * @property {string} prompt
 * @property {string} model
 * @property {number} seconds
 * @property {string} resolution
 * @property {string} ratio
 * @property {Picture[]} pictures
 * @property {number | null} keyId
 * @property {string | null} opened The take of the address whose settings were taken over already.
 * @property {number} lost How many pictures did not outlive a reload, or cannot be had again.
 */

/** @returns {Draft} */
export const blank = () => ({ prompt: '', model: '', seconds: 6, resolution: '720p', ratio: '16:9', pictures: [], keyId: null, opened: null, lost: 0 })

/** Whether there is nothing in it that somebody made. @param {Draft} draft */
export const isBlank = (draft) => draft.prompt.trim() === '' && draft.pictures.length === 0

/** @param {string} name @returns {Draft} */
export function recallDraft(name) {
  try {
    const kept = JSON.parse(recallHere(name) ?? '{}')
    const pictures = (kept.pictures ?? []).map((/** @type {Picture} */ it) => picture(it.url, it.name, it.bytes))
    return { ...blank(), ...kept, pictures }
  } catch {
    return blank()
  }
}

/** @param {string} name @param {Draft} draft */
export function keepDraft(name, draft) {
  let room = KEPT_MAX
  const pictures = draft.pictures.filter((it) => (room -= it.url.length) >= 0)
  const lost = draft.lost + draft.pictures.length - pictures.length
  if (keepHere(name, JSON.stringify({ ...draft, pictures, lost }))) return
  const links = draft.pictures.filter(isLink)
  keepHere(name, JSON.stringify({ ...draft, pictures: links, lost: draft.lost + draft.pictures.length - links.length }))
}

/** The most pictures that a model takes. @param {Capabilities} can */
export const picturesMax = (can) => can.reference_to_video?.max_images ?? can.image_to_video?.max_images ?? 0

/** What a number of pictures makes of the task; null if the model needs one.
 * @param {Capabilities} can @param {number} count @returns {Mode | null} */
function modeOf(can, count) {
  if (count === 0) return can.text_to_video ? 'text_to_video' : null
  if (count === 1 && can.image_to_video) return 'image_to_video'
  return can.reference_to_video ? 'reference_to_video' : null
}

/** @param {number} wish @param {readonly number[]} offered */
const nearest = (wish, offered) => offered.reduce((best, it) => (Math.abs(it - wish) < Math.abs(best - wish) ? it : best), offered[0] ?? wish)

/** Height to width, on a scale on which 2:1 and 1:2 are as far from 1:1. @param {string} ratio */
function shape(ratio) {
  const [width, height] = ratio.split(':').map(Number)
  return Math.log(width / height)
}

/** @param {string} wish @param {readonly string[]} offered @param {(it: string) => number} size */
function nearestOf(wish, offered, size) {
  if (offered.includes(wish)) return wish
  const at = nearest(size(wish), offered.map(size))
  return offered.find((it) => size(it) === at) ?? offered[0] ?? wish
}

/**
 * @typedef {object} Shot What is made of a draft with a model.
 * @property {Mode | null} mode Null if a picture is missing.
 * @property {Limits} limits
 * @property {number} max The most pictures.
 * @property {Picture[]} pictures Those that are sent.
 * @property {number} seconds
 * @property {string} resolution
 * @property {string} ratio
 */

/** @param {Draft} draft @param {Model} model @returns {Shot} */
export function fit(draft, model) {
  const can = model.capabilities
  const max = picturesMax(can)
  const pictures = draft.pictures.slice(0, max)
  const mode = modeOf(can, pictures.length)
  const limits = (mode && can[mode]) ?? can.image_to_video ?? can.reference_to_video ?? { max_seconds: draft.seconds, max_images: 0, seconds: [draft.seconds] }
  return {
    mode,
    limits,
    max,
    pictures,
    seconds: nearest(draft.seconds, limits.seconds),
    resolution: nearestOf(draft.resolution, can.resolutions, (it) => Number.parseInt(it, 10)),
    ratio: nearestOf(draft.ratio, can.aspect_ratios, shape),
  }
}

/** All values that one of the models offers.
 * @param {readonly Model[]} models */
export function offers(models) {
  const each = (/** @type {(can: Capabilities) => any[]} */ of) => [...new Set(models.flatMap((it) => of(it.capabilities)))]
  const modes = (/** @type {Capabilities} */ can) => [can.text_to_video, can.image_to_video, can.reference_to_video]
  return {
    seconds: /** @type {number[]} */ (each((can) => modes(can).flatMap((it) => it?.seconds ?? []))).sort((a, b) => a - b),
    resolutions: /** @type {string[]} */ (each((can) => can.resolutions)),
    ratios: /** @type {string[]} */ (each((can) => can.aspect_ratios)),
  }
}

/** The request for a shot. @param {Draft} draft @param {Model} model @param {Shot} shot
 * @param {(it: Picture) => string} [show] What stands for a picture. @returns {Record<string, unknown>} */
export function bodyOf(draft, model, shot, show = (it) => it.url) {
  // One picture alone would be the first frame.
  const field = shot.mode === 'reference_to_video' && shot.pictures.length === 1 ? 'reference_images' : 'image_urls'
  const pictures = shot.pictures.length > 0 ? { [field]: shot.pictures.map(show) } : {}
  return { model: model.id, prompt: draft.prompt, seconds: shot.seconds, aspect_ratio: shot.ratio, resolution: shot.resolution, ...pictures }
}
