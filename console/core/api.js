// The JSON API: every request of the console goes through here.
//
// Guarantees: a refusal becomes an `ApiFailure` with the API's own words; so does a connection that
// is gone. Who is not signed in any more is told so once (`whenSignedOut`). A read ends after
// TIMEOUT_MS; a write is never sent twice.

import { PREFIX } from './place.js'
import { away } from './reach.js'

/** After how long without an answer a request counts as lost, in milliseconds. */
const TIMEOUT_MS = 30_000

/** A request that did not come to what it asked for. */
export class ApiFailure extends Error {
  /**
   * @param {string} message
   * @param {{ status?: number, code?: string, param?: string, requestId?: string,
   *   retryAfterSeconds?: number }} [facts] `status` is 0 if there was no answer.
   */
  constructor(message, facts = {}) {
    super(message)
    this.status = facts.status ?? 0
    this.code = facts.code ?? 'unreachable'
    this.param = facts.param
    this.requestId = facts.requestId
    this.retryAfterSeconds = facts.retryAfterSeconds
  }
}

/** @type {() => void} */
let signedOut = () => {}

/** Says what happens when a session has ended. @param {() => void} act */
export function whenSignedOut(act) {
  signedOut = act
}

/** @typedef {Record<string, string | number | boolean | null | undefined>} Query */

/** A path with its parameters; those that are null, undefined or empty are left out.
 * @param {string} path @param {Query} [query] */
export function address(path, query = {}) {
  const given = Object.entries(query).filter(([, value]) => value != null && value !== '')
  const text = new URLSearchParams(given.map(([name, value]) => [name, String(value)])).toString()
  return text ? `${PREFIX}${path}?${text}` : PREFIX + path
}

/**
 * @typedef {object} Options
 * @property {Query} [query]
 * @property {unknown} [body] Sent as JSON, or as it is if it is a form with files.
 * @property {number} [timeoutMs] After how long without an answer it counts as lost.
 * @property {Record<string, string>} [headers]
 * @property {AbortSignal} [signal] Ends the request.
 * @property {boolean} [quiet] Whether a session that has ended is the caller's affair.
 */

/** Sends a request, and answers with its JSON.
 * @param {string} method @param {string} path @param {Options} [options] @returns {Promise<any>} */
export async function send(method, path, options = {}) {
  const lost = AbortSignal.timeout(options.timeoutMs ?? TIMEOUT_MS)
  const signal = options.signal ? AbortSignal.any([options.signal, lost]) : lost
  const headers = { accept: 'application/json', ...options.headers }
  /** @type {RequestInit} */
  const init = { method, headers, signal, credentials: 'same-origin', cache: 'no-store' }
  if (options.body instanceof FormData) init.body = options.body
  else if (options.body !== undefined) {
    init.headers = { ...headers, 'content-type': 'application/json' }
    init.body = JSON.stringify(options.body)
  }
  let response
  try {
    response = await fetch(address(path, options.query), init)
  } catch (error) {
    if (options.signal?.aborted) throw error
    if (error instanceof TypeError) away()
    throw new ApiFailure('the gateway did not answer')
  }
  if (response.status === 204) return null
  const value = await response.json().catch(() => null)
  if (response.ok && value !== null) return value
  throw refusal(response, value, options)
}

/** @param {Response} response @param {any} value @param {Options} options */
function refusal(response, value, options) {
  const error = value?.error ?? {}
  if (response.status === 401 && !options.quiet) signedOut()
  const wait = Number(response.headers.get('retry-after'))
  return new ApiFailure(error.message ?? `HTTP ${response.status}`, {
    status: response.status,
    code: error.code ?? 'internal_error',
    param: error.param ?? undefined,
    requestId: error.request_id ?? response.headers.get('x-request-id') ?? undefined,
    retryAfterSeconds: wait > 0 ? wait : undefined,
  })
}

// The types of answers come from the OpenAPI document: `tests/clients/console/types.mjs`.
/** @type {import('rushes-api').Call<'GET', [query?: Query, options?: Options]>} */
export const get = (path, query, options) => send('GET', path, { ...options, query })
/** @type {import('rushes-api').Call<'POST', [body?: unknown, options?: Options]>} */
export const post = (path, body, options) => send('POST', path, { ...options, body: body ?? {} })
/** @type {import('rushes-api').Call<'PATCH', [body: unknown, options?: Options]>} */
export const patch = (path, body, options) => send('PATCH', path, { ...options, body })
/** @type {import('rushes-api').Call<'DELETE', [options?: Options]>} */
export const remove = (path, options) => send('DELETE', path, options)
