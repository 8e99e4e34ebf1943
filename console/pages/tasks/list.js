// The list of tasks, for an account and for operators: filters, live rows, totals.
//
// Guarantees: rows change in place; a new one comes on top only while nobody points at the list, else
// it waits behind a button; a row never goes away under the pointer, also when it fits the filter no
// more. What is filtered stands in the address.

import { useIsPointed } from '../../core/pointed.js'
import { address, get } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { newest, useTaskEvents } from '../../core/live.js'
import { usePages } from '../../core/pages.js'
import { useInterval, useResource } from '../../core/resource.js'
import { setQuery, to } from '../../core/router.js'
import { useEffect, useRef, useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Empty, Loaded } from '../../ui/feedback.js'
import { Card, Foot, Head, Table } from '../../ui/table.js'
import { columns } from './columns.js'
import { Filters, asked, fits, isFiltered } from './filters.js'
import { total } from './total.js'

/** How often operators' lists are asked for anew, in milliseconds: their stream has no other's tasks. */
const EVERY_MS = 5_000
/** Counts are asked for again at most so often, in milliseconds. */
const COUNT_MS = 3_000

/** @param {{ query: URLSearchParams, forOperators?: boolean }} props */
export function TaskList({ query, forOperators }) {
  const base = forOperators ? '/api/admin/tasks' : '/api/tasks'
  const filter = asked(query, forOperators)
  const list = usePages(base, { ...filter, limit: query.get('limit') }, { everyMs: forOperators ? EVERY_MS : undefined })
  const counts = useCounts(base, filter, list)
  return html`<${Head} title=${t(forOperators ? 'tasks.allTitle' : 'tasks.title')} text=${t(forOperators ? 'tasks.allText' : 'tasks.text')}>
      <${Button} icon="download" href=${address(`${base}.csv`, filter)} download>CSV<//>
      ${!forOperators && html`<${Button} kind="lamp" icon="plus" href=${to('/playground')}>${t('tasks.new')}<//>`}<//>
    <${Card}><${Filters} query=${query} counts=${counts.data} forOperators=${forOperators} />
      <${Loaded} of=${list} lines=${6} picture>${(/** @type {any[]} */ rows) => html`<${Rows} rows=${rows} list=${list} counts=${counts}
        filter=${filter} forOperators=${forOperators} />`}<//><//>`
}

/** The numbers beside the states: asked for after the list, since an account has one place for
 * questions that look at many rows.
 * @param {string} base @param {Record<string, any>} filter @param {import('../../core/pages.js').Pages} list */
function useCounts(base, filter, list) {
  const { state, ...rest } = filter
  const isListed = list.data !== undefined
  return useResource((signal) => (isListed ? get(`${base}/counts`, rest, { signal }) : Promise.resolve(undefined)), [base, JSON.stringify(rest), isListed])
}

/** @param {{ rows: any[], list: import('../../core/pages.js').Pages, counts: import('../../core/resource.js').Resource<any>,
 *   filter: Record<string, any>, forOperators?: boolean }} props */
function Rows({ rows, list, counts, filter, forOperators }) {
  const home = useRef(/** @type {HTMLElement | null} */ (null))
  const { shown, waiting, showWaiting } = useLive({ rows, list, counts, filter, home, forOperators })
  useKeys(home)
  if (shown.length === 0) return html`<${Nothing} isFiltered=${isFiltered(filter)} forOperators=${forOperators} />`
  const isMore = list.hasMore
  return html`<div ref=${home}>
    ${waiting > 0 && html`<div class="newer"><${Button} small icon="plus" onClick=${showWaiting}>${t('tasks.newer', waiting)}<//></div>`}
    <${Table} class=${forOperators ? 'tasks all' : 'tasks'} caption=${t('tasks.title')} columns=${columns(forOperators)} rows=${shown} id=${(/** @type {any} */ row) => row.task.task_id}
      foot=${total(shown, columns(forOperators).length, forOperators)} />
    <${Foot} hasMore=${isMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('tasks.shown', shown.length, counts.data?.[filter.state ?? 'all'] ?? null, counts.data?.capped)}
      <span class="small keys-hint"> · ${t('tasks.keysHint')}</span><//></div>`
}

/** @param {{ isFiltered: boolean, forOperators?: boolean }} props */
function Nothing({ isFiltered: some, forOperators }) {
  if (some) {
    return html`<${Empty} title=${t('tasks.none')} text=${t('tasks.noneText')}><${Button} icon="x" onClick=${() =>
      setQuery({ state: null, model: null, key_id: null, source: null, range: null, q: null, account: null, channel: null })}>${t('tasks.clear')}<//><//>`
  }
  return html`<${Empty} title=${t('tasks.empty')} text=${t('tasks.emptyText')}>
    ${!forOperators && html`<${Button} icon="clapperboard" href=${to('/playground')}>${t('tasks.first')}<//>`}<//>`
}

/** Rows with what the stream has told.
 * @param {{ rows: any[], list: import('../../core/pages.js').Pages, counts: any, filter: Record<string, any>,
 *   home: { current: HTMLElement | null }, forOperators?: boolean }} props */
function useLive({ rows, list, counts, filter, home, forOperators }) {
  const [fresh, setFresh] = useState(/** @type {any[]} */ ([]))
  const isPointed = useIsPointed(home)
  const isStale = useRef(false)
  const known = new Set(rows.map((it) => it.task.task_id))
  const latest = useRef({ known, filter })
  latest.current = { known, filter }
  useInterval(() => {
    if (!isStale.current) return
    isStale.current = false
    counts.reload()
  }, COUNT_MS)
  useTaskEvents(forOperators ? {} : {
    onReset: list.reload,
    onRemoved: (id) => list.update((was) => was.filter((it) => it.task.task_id !== id)),
    onTask: (row) => {
      isStale.current = true
      const now = latest.current
      if (now.known.has(row.task.task_id)) list.update((was) => was.map((it) => (it.task.task_id === row.task.task_id ? row : it)))
      else if (fits(row, now.filter)) setFresh((was) => [row, ...was.filter((it) => it.task.task_id !== row.task.task_id)])
    },
  })
  const showWaiting = () => {
    const more = fresh.filter((it) => !latest.current.known.has(it.task.task_id))
    setFresh([])
    if (more.length > 0) list.update((was) => [...more, ...was])
  }
  const waiting = fresh.filter((it) => !known.has(it.task.task_id)).length
  useEffect(() => {
    if (fresh.length > 0 && !isPointed) showWaiting()
  }, [fresh, isPointed])
  return { shown: forOperators ? rows : rows.map(newest), waiting, showWaiting }
}

/** J and K move, Enter opens: wherever the focus is, but not while something is typed or a dialog is open.
 * @param {{ current: HTMLElement | null }} home */
function useKeys(home) {
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      const step = { j: 1, k: -1 }[event.key]
      const isTyping = event.target instanceof Element && event.target.closest('input, textarea, select, dialog') !== null
      if (!step || event.metaKey || event.ctrlKey || event.altKey || isTyping) return
      const links = [...(home.current?.querySelectorAll('a.id') ?? [])]
      const at = links.indexOf(/** @type {Element} */ (document.activeElement))
      const next = links[Math.min(links.length - 1, Math.max(0, at + step))]
      if (next instanceof HTMLElement) next.focus()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}
