// Making a take: once, also when its answer is lost and the button is pressed again.

import { post } from '../../core/api.js'
import { failure } from '../../core/resource.js'
import { refreshBalance } from '../../core/session.js'
import { isLink } from '../../ui/pictures.js'

/** @typedef {import('../../ui/pictures.js').Picture} Picture */

/** From so many characters of pictures on they are sent as files: as text they would grow by a third. */
const TEXT_MAX = 16_000_000
/** For how long many large pictures may be on their way, in milliseconds. */
const UPLOAD_MS = 300_000

/** What was sent, and the name under which the gateway knows it. @type {{ text: string, key: string } | null} */
let sent = null

/** The pictures of takes that were made here, to use them again. @type {Map<string, readonly Picture[]>} */
export const made = new Map()

/** Makes a take. @param {Record<string, unknown>} body @param {readonly Picture[]} pictures @returns {Promise<string>} its id */
export async function shoot(body, pictures) {
  const text = JSON.stringify(body)
  if (sent?.text !== text) sent = { text, key: nonce() }
  const isLarge = pictures.reduce((sum, it) => sum + it.url.length, 0) > TEXT_MAX
  try {
    const answer = await post('/api/tasks', isLarge ? await formOf(body) : body, { headers: { 'idempotency-key': sent.key }, timeoutMs: isLarge ? UPLOAD_MS : undefined })
    sent = null
    made.set(answer.task_id, [...pictures])
    refreshBalance()
    return answer.task_id
  } catch (error) {
    // Only a refusal says that no take was made: a proxy's error, or half an answer, says nothing.
    const { status } = failure(error)
    if (status >= 400 && status < 500 && status !== 409) sent = null
    throw error
  }
}

/** `crypto.randomUUID` is only there on secure connections. */
const nonce = () => [...crypto.getRandomValues(new Uint8Array(16))].map((it) => it.toString(16).padStart(2, '0')).join('')

/** The same request with its pictures as files. @param {Record<string, unknown>} body */
async function formOf(body) {
  const form = new FormData()
  for (const [name, value] of Object.entries(body)) {
    for (const it of [value].flat()) {
      const text = String(it)
      if (Array.isArray(value) && !isLink({ url: text })) form.append(name, blobOf(text), name)
      else form.append(name, text)
    }
  }
  return form
}

/** @param {string} url a data URL in Base64 */
function blobOf(url) {
  const [head, text] = url.split(',')
  const bytes = Uint8Array.from(atob(text), (it) => it.charCodeAt(0))
  return new Blob([bytes], { type: head.slice('data:'.length).replace(';base64', '') })
}
