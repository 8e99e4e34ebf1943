// What a page has to ask for before it can show something.
//
// Guarantees: an answer that comes after a newer question is dropped; what is shown stays while it is
// asked for again, and when that fails; a hidden tab asks for nothing; what failed because the gateway
// was away is asked for again when it is back.

import { useCallback, useEffect, useRef, useState } from '../vendor/hooks.js'
import { ApiFailure } from './api.js'
import { returns } from './reach.js'

/**
 * @template T
 * @typedef {object} Resource
 * @property {T | undefined} data The latest answer.
 * @property {ApiFailure | null} error Why the latest question had none.
 * @property {boolean} loading Whether the first answer is awaited.
 * @property {number} at When the answer came, in milliseconds since 1970.
 * @property {() => void} reload Asks again.
 * @property {(change: (data: T) => T) => void} update Changes what is shown until the next answer.
 */

/**
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} ask
 * @param {readonly unknown[]} inputs What the question depends on; when one changes it is asked anew.
 * @param {{ everyMs?: number }} [options] How often to ask again.
 * @returns {Resource<T>}
 */
export function useResource(ask, inputs, options = {}) {
  const [state, setState] = useState(/** @type {any} */ ({ data: undefined, error: null, loading: true, at: 0 }))
  const [turn, setTurn] = useState(0)
  const latest = useRef(ask)
  latest.current = ask
  useEffect(() => {
    const ending = new AbortController()
    latest.current(ending.signal).then(
      (data) => ending.signal.aborted || setState({ data, error: null, loading: false, at: Date.now() }),
      (error) => ending.signal.aborted || setState((/** @type {any} */ was) => ({ ...was, error: failure(error), loading: false })),
    )
    return () => ending.abort()
  }, [...inputs, turn])
  const reload = useCallback(() => setTurn((count) => count + 1), [])
  const update = useCallback((/** @type {(data: T) => T} */ change) => {
    setState((/** @type {any} */ was) => (was.data === undefined ? was : { ...was, data: change(was.data) }))
  }, [])
  useInterval(reload, options.everyMs)
  useEffect(() => {
    if (state.error?.status === 0) reload()
  }, [returns.value])
  return { ...state, reload, update }
}

/** Does something again and again while the tab is seen.
 * @param {() => void} act @param {number | undefined} everyMs */
export function useInterval(act, everyMs) {
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    if (!everyMs) return undefined
    const turn = () => document.hidden || latest.current()
    const timer = setInterval(turn, everyMs)
    document.addEventListener('visibilitychange', turn)
    return () => {
      clearInterval(timer)
      document.removeEventListener('visibilitychange', turn)
    }
  }, [everyMs])
}

/** @param {unknown} error */
export function failure(error) {
  if (error instanceof ApiFailure) return error
  console.error(error)
  return new ApiFailure(error instanceof Error ? error.message : String(error), { code: 'console_error' })
}
