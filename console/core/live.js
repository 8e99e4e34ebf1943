// Tasks as they change: the one stream of events that all pages of this tab share.
//
// Guarantees: who listens hears of every change, or is told to ask anew (`onReset`): first of all,
// after anything was missed, and every POLL_MS while there is no stream. A stream that the gateway
// ends is opened again at once, one that is lost after growing pauses. A hidden tab gives its
// connection up, since browsers have few, unless somebody waits for a task (`whileHidden`).

import { useEffect, useRef } from '../vendor/hooks.js'
import { signal } from '../vendor/signals.js'
import { address } from './api.js'
import { refreshBalance } from './session.js'

/** How often listeners ask anew while there is no stream, in milliseconds. */
const POLL_MS = 5_000
/** The first pause after a loss, and the longest, in milliseconds. */
const PAUSE_MS = 1_000
const PAUSE_MAX_MS = 60_000
/** The gateway breaks silence every 15 seconds; after this one the connection is dead. */
const SILENCE_MS = 40_000
/** A stream that lasted so long was a good one: the next loss begins with the first pause. */
const GOOD_MS = 5_000
/** For how long a stream stays open that nobody listens to: the next page may. */
const IDLE_MS = 2_000
/** For how long a hidden tab keeps its stream. */
const HIDDEN_MS = 30_000
/** So many rows are remembered, for lists that are answered later than a change is heard. */
const ROWS_MAX = 200
/** Changes within so many milliseconds ask for the balance once. */
const MONEY_MS = 1_000

/** How it stands: nobody listens; the stream is being opened; it is open; it is not to be had, and
 * listeners ask again and again.
 * @type {import('../vendor/signals-core.js').Signal<'off' | 'opening' | 'live' | 'polling'>} */
const live = signal('off')

/**
 * @typedef {object} Ears
 * @property {(row: any) => void} [onTask] A task was made or changed: a row of `GET /api/tasks`.
 * @property {(taskId: string) => void} [onRemoved] A task is gone.
 * @property {() => void} [onReset] What is shown may be old: ask for it anew.
 */

/** @typedef {{ current: Ears & { whileHidden?: boolean } }} Listener */

/** @type {Set<Listener>} */
const listeners = new Set()
/** What was heard since the last reset. @type {Map<string, any>} */
const rows = new Map()

/** The stream that is open or being opened. @type {AbortController | null} */
let stream = null
/** How many losses there were in a row. */
let losses = 0
/** @type {Record<'again' | 'poll' | 'close' | 'silence' | 'money', ReturnType<typeof setTimeout> | undefined>} */
const timers = { again: undefined, poll: undefined, close: undefined, silence: undefined, money: undefined }

/**
 * Listens while the component is shown. The functions may be other ones at every rendering.
 * @param {Ears} ears
 * @param {{ whileHidden?: boolean }} [options] Whether a hidden tab keeps the stream for it.
 */
export function useTaskEvents(ears, options = {}) {
  const latest = useRef(/** @type {Listener['current']} */ ({}))
  latest.current = { ...ears, whileHidden: options.whileHidden }
  useEffect(() => {
    listeners.add(latest)
    wake()
    return () => {
      listeners.delete(latest)
      if (listeners.size === 0) later('close', IDLE_MS, rest)
    }
  }, [])
}

/** A row of an answer, or what the stream has told of that task if that goes further.
 * @template T @param {T} row a row of `GET /api/tasks` @returns {T} */
export function newest(row) {
  const told = rows.get(/** @type {any} */ (row).task?.task_id)
  return told && reach(told) > reach(row) ? told : row
}

/** How far a task has come: it never goes back. @param {any} row */
function reach(row) {
  if (row.state === 'waiting') return -1
  return row.state === 'running' ? Number.parseInt(row.task.progress, 10) || 0 : 101
}

/** @param {keyof typeof timers} name @param {number} ms @param {() => void} act */
function later(name, ms, act) {
  clearTimeout(timers[name])
  timers[name] = setTimeout(act, ms)
}

/** @param {keyof Ears} what @param {any} [value] */
function tell(what, value) {
  for (const { current } of [...listeners]) current[what]?.(value)
}

const isWanted = () => listeners.size > 0 && (!document.hidden || [...listeners].some((it) => it.current.whileHidden))

/** Opens the stream if somebody wants it and it is not there. */
function wake() {
  clearTimeout(timers.close)
  if (stream || !isWanted()) return
  clearTimeout(timers.again)
  if (live.value !== 'polling') live.value = 'opening'
  const mine = new AbortController()
  stream = mine
  const begun = Date.now()
  listen(mine.signal).then(
    () => ended(mine, begun, 0),
    (error) => ended(mine, begun, error instanceof Lost ? error.pauseMs : 0, true),
  )
}

/** Gives the stream up. */
function rest() {
  stream?.abort()
  stream = null
  losses = 0
  rows.clear()
  for (const timer of Object.values(timers)) clearTimeout(timer)
  timers.money = undefined
  live.value = 'off'
}

/** A stream is over: the next one at once, or after a pause.
 * @param {AbortController} mine @param {number} begun @param {number} pauseMs @param {boolean} [isLost] */
function ended(mine, begun, pauseMs, isLost) {
  if (stream !== mine) return
  stream = null
  clearTimeout(timers.silence)
  const isGood = Date.now() - begun > GOOD_MS
  if (isGood) losses = 0
  if (!isLost && isGood) return wake()
  const pause = Math.min(PAUSE_MAX_MS, PAUSE_MS * 2 ** losses) * (0.75 + Math.random() / 2)
  losses += 1
  later('again', Math.max(pauseMs, pause), wake)
  if (live.value === 'polling') return
  live.value = 'polling'
  later('poll', POLL_MS, poll)
}

/** Asks anew while there is no stream. */
function poll() {
  if (live.value !== 'polling' || listeners.size === 0) return
  if (!document.hidden) tell('onReset')
  later('poll', POLL_MS, poll)
}

/** A stream that could not be had, and how long to leave it. */
class Lost extends Error {
  /** @param {string} message @param {number} pauseMs */
  constructor(message, pauseMs) {
    super(message)
    this.pauseMs = pauseMs
  }
}

/** Reads the stream to its end. @param {AbortSignal} signal */
async function listen(signal) {
  /** @type {RequestInit} */
  const init = { headers: { accept: 'text/event-stream' }, signal, credentials: 'same-origin', cache: 'no-store' }
  const response = await fetch(address('/api/tasks/events'), init)
  if (!response.ok || !response.body) {
    // Who is not signed in any more comes to the sign-in page by the next question.
    if (response.status === 401) tell('onReset')
    throw new Lost(`HTTP ${response.status}`, Number(response.headers.get('retry-after')) * 1_000 || 0)
  }
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader()
  let text = ''
  for (;;) {
    later('silence', SILENCE_MS, () => stream?.abort())
    const { done, value } = await reader.read()
    if (done) return
    const frames = (text + value).split('\n\n')
    text = frames.pop() ?? ''
    for (const frame of frames) hear(frame)
  }
}

/** @param {string} frame lines of a server-sent event */
function hear(frame) {
  const lines = frame.split('\n')
  const of = (/** @type {string} */ name) => lines.filter((it) => it.startsWith(`${name}:`)).map((it) => it.slice(name.length + 1).trimStart()).join('\n')
  const event = of('event')
  if (event === 'reset') {
    live.value = 'live'
    clearTimeout(timers.poll)
    rows.clear()
    tell('onReset')
  } else if (event === 'task') keep(JSON.parse(of('data')))
  else if (event === 'removed') {
    const { task_id: taskId } = JSON.parse(of('data'))
    rows.delete(taskId)
    tell('onRemoved', taskId)
  }
}

/** Asks what the account has now. */
function count() {
  timers.money = undefined
  refreshBalance()
}

/** @param {any} row */
function keep(row) {
  const id = row.task.task_id
  // A task that is new, or has ended, has moved money.
  if (rows.get(id)?.state !== row.state) timers.money ??= setTimeout(count, MONEY_MS)
  rows.delete(id)
  rows.set(id, row)
  if (rows.size > ROWS_MAX) rows.delete([...rows.keys()][0])
  tell('onTask', row)
}

document.addEventListener('visibilitychange', () => {
  if (document.hidden) later('close', HIDDEN_MS, () => isWanted() || rest())
  else wake()
})
addEventListener('online', wake)
