// The takes of the playground: what was made, what is under way, and making one.
//
// Guarantees: a take is made once, also when its answer is lost and the button is pressed again; a
// row never goes back; leaving the page stops nothing.

import { say, toast } from '../../core/announce.js'
import { get, post } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { newest, useTaskEvents } from '../../core/live.js'
import { local } from '../../core/place.js'
import { failure, useResource } from '../../core/resource.js'
import { go, to } from '../../core/router.js'
import { refreshBalance } from '../../core/session.js'
import { useEffect, useMemo, useRef } from '../../vendor/hooks.js'
import { Icon } from '../../ui/icon.js'
import { Reel, progress } from '../../ui/values.js'
import { isLink } from './draft.js'

/** How many of the latest takes are shown. */
const LATEST = 24
/** From so many characters of pictures on they are sent as files: as text they would grow by a third. */
const TEXT_MAX = 16_000_000
/** For how long many large pictures may be on their way, in milliseconds. */
const UPLOAD_MS = 300_000

/** @param {any} row */
export const isUnderWay = (row) => row.state === 'waiting' || row.state === 'running'

/** The address of a take on this page. @param {string} id */
export const pathOf = (id) => `/playground?task=${encodeURIComponent(id)}`

/**
 * The latest takes of the console, and one of them in full.
 * @param {string | null} asked The task of the address. */
export function useTakes(asked) {
  const list = useResource((signal) => get('/api/tasks', { source: 'console', limit: LATEST }, { signal }), [])
  const rows = (list.data?.data ?? []).map(newest)
  const id = asked ?? latestOf(rows)
  const detail = useResource(async (signal) => (id ? get(`/api/tasks/${encodeURIComponent(id)}`, undefined, { signal }) : null), [id])
  const known = detail.data?.task.task_id === id ? detail.data : null
  const found = rows.find((/** @type {any} */ it) => it.task.task_id === id)
  const row = found ?? (known && newest(known))
  const ears = {
    onTask: (/** @type {any} */ it) => {
      if (it.task.task_id !== id) tellEnd(rows, it)
      if (it.source === 'console') list.update((was) => ({ ...was, data: merged(was.data, it) }))
      if (it.task.task_id === id && !found) detail.update((was) => ({ ...was, ...it }))
    },
    onRemoved: (/** @type {string} */ gone) => list.update((was) => ({ ...was, data: was.data.filter((/** @type {any} */ it) => it.task.task_id !== gone) })),
    onReset: () => {
      list.reload()
      if (row && isUnderWay(row)) detail.reload()
    },
  }
  const running = rows.filter(isUnderWay).length
  useTaskEvents(ears, { whileHidden: running > 0 })
  // The log and the file come with the whole of it.
  useEffect(() => {
    if (known && row && row.task.status !== known.task.status) detail.reload()
  }, [row?.task.status, known])
  useAnnounced(row)
  return { list, rows, id, row, detail: known, error: id && !row ? detail.error : null, running, reload: detail.reload }
}

/** What is shown without being asked for: what goes on, else the last of today. @param {any[]} rows */
const latestOf = (rows) => (rows.find(isUnderWay) ?? rows.find((it) => isToday(it)))?.task.task_id ?? null

/** @param {any} row */
export const isToday = (row) => new Date(row.task.created_at * 1_000).toDateString() === new Date().toDateString()

/** @param {any[]} rows newest first @param {any} row */
function merged(rows, row) {
  const at = rows.findIndex((it) => it.task.task_id === row.task.task_id)
  return at < 0 ? [row, ...rows].slice(0, LATEST) : rows.with(at, row)
}

/** Tells of the end of a take that is not the one on the screen. @param {any[]} rows @param {any} row */
function tellEnd(rows, row) {
  const before = rows.find((it) => it.task.task_id === row.task.task_id)
  if (!before || !isUnderWay(before) || isUnderWay(row)) return
  const isGood = row.state === 'succeeded'
  const action = { label: t('playground.show'), act: () => go(pathOf(row.task.task_id)) }
  toast(t(isGood ? 'playground.otherReady' : 'playground.otherFailed', short(row.prompt)), { tone: isGood ? 'good' : 'bad', action })
}

/** Reads out what becomes of the take on the screen. @param {any} row */
function useAnnounced(row) {
  const before = useRef(/** @type {{ id: string, state: string } | null} */ (null))
  useEffect(() => {
    if (!row) return
    const was = before.current
    before.current = { id: row.task.task_id, state: row.state }
    if (was?.id === row.task.task_id && was?.state !== row.state) say(t(`playground.say.${row.state}`))
  }, [row?.task.task_id, row?.state])
}

/** The first words of a prompt. @param {string} text */
const short = (text) => (text.length > 40 ? `${text.slice(0, 39)}…` : text)

/** What was sent, and the name under which the gateway knows it. @type {{ text: string, key: string } | null} */
let sent = null

/** The pictures of takes that were made here, to use them again. @type {Map<string, readonly import('./draft.js').Picture[]>} */
export const made = new Map()

/** Makes a take. @param {Record<string, unknown>} body @param {readonly import('./draft.js').Picture[]} pictures @returns {Promise<string>} its id */
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
    // Only without an answer is it unknown whether the take was made.
    if (failure(error).status !== 0) sent = null
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
      if (Array.isArray(value) && !isLink({ id: 0, url: text, name: '', bytes: null })) form.append(name, blobOf(text), name)
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

/** The latest takes as a strip. @param {{ rows: any[], id: string | null }} props */
export function History({ rows, id }) {
  const today = rows.filter(isToday)
  const shown = today.length > 0 ? today : rows.slice(0, 12)
  const title = t(today.length > 0 ? 'playground.today' : 'playground.before')
  const home = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    // Sideways alone: the page itself stays where it is.
    const current = home.current?.querySelector('[aria-current]')
    if (home.current && current instanceof HTMLElement) home.current.scrollLeft = current.offsetLeft - home.current.offsetLeft - 40
  }, [id])
  if (shown.length === 0) return null
  return html`<section class="stack tight" aria-label=${title}><div class="row"><h2>${title}</h2><span class="grow"></span>
      <a class="small" href=${to('/tasks')}>${t('playground.allTasks')}</a></div>
    <div class="takes" ref=${home}>${shown.map((it) => html`<${Take} key=${it.task.task_id} row=${it} current=${it.task.task_id === id} />`)}</div></section>`
}

/** @param {{ row: any, current: boolean }} props */
function Take({ row, current }) {
  const { task, prompt, state } = row
  const poster = task.poster_url && !task.result_expired
  const link = useMemo(() => (poster ? local(task.poster_url) : null), [task.task_id, Boolean(poster)])
  const icon = { waiting: 'circle-dashed', running: 'loader-circle', succeeded: 'film', failed: 'circle-x', cancelled: 'ban' }[/** @type {string} */ (state)] ?? 'film'
  return html`<a class="take" href=${to(pathOf(task.task_id))} aria-current=${current ? 'true' : undefined} title=${prompt}>
    <span class="fr">${link ? html`<img src=${link} alt="" loading="lazy" />` : html`<span class="sym"><${Icon} name=${icon} size="l" label=${t(`shell.state.${state}`)} /></span>`}
      ${isUnderWay(row) && html`<${Reel} percent=${progress(task)} />`}<span class="len">${t('playground.length', task.seconds)}</span></span>
    <span class="clip">${prompt || task.task_id}</span></a>`
}
