// Lists that come in pages.
//
// Guarantees: what was loaded stays while more is asked for; a change of the question begins anew; a
// reload asks for as many pages as are shown, so that nothing that is seen goes away.

import { useRef, useState } from '../vendor/hooks.js'
import { get } from './api.js'
import { failure, useResource } from './resource.js'

/** How many pages a reload asks for again at most; what is further down is dropped. */
const PAGES_RELOADED_MAX = 5

/**
 * @typedef {import('./resource.js').Resource<any[]> & { hasMore: boolean, isLoadingMore: boolean, more: () => void }} Pages
 * @param {string} path @param {import('./api.js').Query} [query] @param {{ everyMs?: number }} [options] @returns {Pages}
 */
export function usePages(path, query = {}, options = {}) {
  const question = JSON.stringify([path, query])
  const shown = useRef({ question, count: 1, next: /** @type {string | null} */ (null) })
  if (shown.current.question !== question) shown.current = { question, count: 1, next: null }
  const [isLoadingMore, setLoadingMore] = useState(false)
  const resource = useResource(async (signal) => {
    const now = shown.current
    const rows = []
    let after
    for (let page = 0; page < Math.min(now.count, PAGES_RELOADED_MAX); page += 1) {
      /** @type {{ data: any[], next_after?: string | null, has_more: boolean }} */
      const list = await get(path, { ...query, after }, { signal })
      rows.push(...list.data)
      after = list.next_after
      if (!list.has_more) break
    }
    if (!signal.aborted) Object.assign(now, { next: after ?? null, count: Math.min(now.count, PAGES_RELOADED_MAX) })
    return { rows, question, lost: /** @type {import('./api.js').ApiFailure | null} */ (null) }
  }, [question], options)
  const isFresh = resource.data?.question === question
  const more = async () => {
    const now = shown.current
    if (isLoadingMore || now.next === null) return
    setLoadingMore(true)
    try {
      const list = await get(path, { ...query, after: now.next })
      if (shown.current === now) {
        Object.assign(now, { next: list.next_after ?? null, count: now.count + 1 })
        resource.update((was) => ({ ...was, lost: null, rows: [...was.rows, ...list.data] }))
      }
    } catch (error) {
      resource.update((was) => ({ ...was, lost: failure(error) }))
    }
    setLoadingMore(false)
  }
  return {
    ...resource,
    data: isFresh ? resource.data?.rows : undefined,
    error: resource.error ?? resource.data?.lost ?? null,
    update: (change) => resource.update((was) => ({ ...was, rows: change(was.rows) })),
    hasMore: shown.current.next !== null,
    isLoadingMore,
    more,
  }
}
