// The state log of a task as clips for the cut list.

/** @typedef {import('./film.js').Clip} Clip */

/** What a line of the log begins; what is not here goes on with what was.
 * @type {Record<string, Clip['kind']>} */
const BEGINS = {
  created: 'waiting',
  promoted: 'waiting',
  submit_deferred: 'waiting',
  submit_started: 'submitted',
  resubmitted: 'submitted',
  submit_accepted: 'running',
  upstream_done: 'storing',
  finalize_deferred: 'storing',
  failed: 'failed',
  cancelled: 'failed',
}

/** The lines of `GET /api/tasks/{id}`'s `log`, oldest first. The last clip is open while the task goes on.
 * @param {readonly { at_ms: number, event: string, status: string }[]} log @returns {Clip[]} */
export function clipsOf(log) {
  /** @type {Clip[]} */
  const clips = []
  for (const line of log) {
    const isEnd = line.status === 'SUCCESS' || line.status === 'FAILURE'
    const last = clips.at(-1)
    const kind = BEGINS[line.event]
    if (last && (isEnd || (kind && kind !== last.kind))) last.endMs = line.at_ms
    if (kind && !(kind === last?.kind && last.endMs === null) && line.status !== 'SUCCESS') {
      clips.push({ kind, startMs: line.at_ms, endMs: isEnd ? line.at_ms : null })
    }
  }
  return clips
}
