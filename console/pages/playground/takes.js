// The takes of the playground: what was made, and what is under way.
//
// Guarantees: a row never goes back; leaving the page stops nothing.

import { say, toast } from '../../core/announce.js'
import { get } from '../../core/api.js'
import { t } from '../../core/i18n.js'
import { dayOf } from '../../core/days.js'
import { newest, useTaskEvents } from '../../core/live.js'
import { useResource } from '../../core/resource.js'
import { go } from '../../core/router.js'
import { useEffect, useRef } from '../../vendor/hooks.js'

/** How many of the latest takes are shown. */
const LATEST = 24

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
  // Of one that has ended the whole says it all, also that its file is gone.
  const isOver = known && !isUnderWay(known)
  const row = isOver ? known : found ?? (known && newest(known))
  const ears = {
    onTask: (/** @type {any} */ it) => {
      if (it.task.task_id !== id) tellEnd(rows, it)
      if (it.source === 'console') list.update((was) => ({ ...was, data: merged(was.data, it) }))
      if (it.task.task_id !== id || found || !known) return
      if (it.task.status === known.task.status) detail.update((was) => ({ ...was, ...it }))
      else detail.reload()
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
  }, [row?.task.status, known?.task.task_id])
  useAnnounced(row)
  // One that was just made may be new to the list.
  useEffect(() => {
    if (asked && list.data && !found) list.reload()
  }, [asked])
  return { list, rows, id, row, detail: known, error: id && !row ? detail.error : null, running, reload: detail.reload }
}

/** What is shown without being asked for: what goes on, else the last of today. @param {any[]} rows */
const latestOf = (rows) => (rows.find(isUnderWay) ?? rows.find((it) => isToday(it)))?.task.task_id ?? null

/** @param {any} row */
export const isToday = (row) => dayOf(row.task.created_at) === dayOf(Date.now() / 1_000)

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
