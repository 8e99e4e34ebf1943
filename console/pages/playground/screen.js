// Beside the form: the take on the screen, and those before it. Loaded after the form, which can be
// filled meanwhile.

import { percent } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { useEffect, useRef } from '../../vendor/hooks.js'
import { Code } from '../../ui/code.js'
import { Failure } from '../../ui/feedback.js'
import { picture } from '../../ui/pictures.js'
import { samplesOf } from '../../ui/samples.js'
import { Card } from '../../ui/table.js'
import { progress } from '../../ui/values.js'
import { copied, draftOf, modelOf } from './again.js'
import { isBlank } from './draft.js'
import { History } from './history.js'
import { Result } from './result.js'
import { SAMPLES, Samples, promptOf } from './samples.js'
import { made } from './shoot.js'
import { isToday, isUnderWay, useTakes } from './takes.js'

/** @typedef {ReturnType<typeof useTakes>} Takes */

/**
 * @typedef {object} ScreenProps
 * @property {string | null} asked The task of the address.
 * @property {import('./draft.js').Draft} draft
 * @property {(change: Partial<import('./draft.js').Draft>) => void} set
 * @property {(next: import('./draft.js').Draft, said: string) => void} replace Puts another draft in its place, with a way back.
 * @property {Record<string, unknown> | null} body What the form would send; null if there is no form.
 * @property {readonly import('./draft.js').Model[]} [models]
 * @property {(count: number) => void} onRunning Gets how many takes are under way.
 */

/** @param {ScreenProps} props */
export default function Screen(props) {
  const { draft, replace, body } = props
  const takes = useTakes(props.asked)
  const { row, rows, id, error } = takes
  useTitle(row)
  useFirstSample(props, takes)
  useEffect(() => props.onRunning(takes.running), [takes.running])
  const reuse = useReuse(props, takes)
  const pick = (/** @type {import('./samples.js').Sample} */ it) => {
    replace({ ...draft, prompt: promptOf(it), seconds: it.seconds, ratio: it.ratio, pictures: [], lost: 0 }, t('playground.sampleTaken'))
    document.querySelector('textarea')?.focus()
  }
  const frame = (/** @type {string} */ url, /** @type {string} */ name) => replace({ ...draft, pictures: [picture(url, name)], lost: 0 }, t('playground.frameTaken'))
  return html`${error && html`<${Failure} error=${error} onRetry=${takes.reload} />`}
    ${row && html`<${Result} row=${row} detail=${takes.detail} number=${numberOf(takes)} usualMs=${usualMs(takes.rows, row)} onReload=${takes.reload}
      onReuse=${body ? reuse : undefined} onFrame=${body ? frame : undefined} />`}
    ${!row && !id && body && takes.list.data && html`<${Start} onPick=${pick} body=${copied(body)} />`}
    <${History} rows=${rows} id=${id} />`
}

/** Where nothing is to be seen yet. @param {{ onPick: (sample: any) => void, body: Record<string, unknown> }} props */
function Start({ onPick, body }) {
  return html`<${Card} title=${t('playground.start')} text=${t('playground.startText')} padded><${Samples} onPick=${onPick} /><//>
    <${Card} title=${t('playground.asCode')} text=${t('playground.asCodeText')} padded><${Code} label=${t('playground.asCode')} samples=${samplesOf(body)} /><//>`
}

/** How far the take on the screen is, in the title. @param {any} row */
function useTitle(row) {
  const share = row && isUnderWay(row) ? progress(row.task) / 100 : null
  const word = share === null ? t('playground.title') : percent(share, 0)
  useEffect(() => {
    document.title = `${word} · Rushes`
  }, [word])
}

/** Which of today's takes it is. @param {Takes} takes */
function numberOf({ rows, id }) {
  const today = rows.filter(isToday)
  const at = today.findIndex((/** @type {any} */ it) => it.task.task_id === id)
  return at < 0 ? null : today.length - at
}

/** The middle of how long takes like the one on the screen took, in milliseconds.
 * @param {readonly any[]} rows @param {any} row */
function usualMs(rows, row) {
  const { model, seconds, resolution } = row.task
  const isLike = (/** @type {any} */ it) =>
    it.state === 'succeeded' && it.task.model === model && it.task.seconds === seconds && it.task.resolution === resolution && it.key.kind === row.key.kind
  const took = rows.filter(isLike).map((/** @type {any} */ it) => it.took_ms).sort((/** @type {number} */ a, /** @type {number} */ b) => a - b)
  return took[took.length >> 1] ?? null
}

/** A prompt ready to press, for who comes for the first time. @param {ScreenProps} props @param {Takes} takes */
function useFirstSample({ draft, set, asked }, takes) {
  const isFirst = takes.list.data?.data.length === 0 && !asked
  const done = useRef(false)
  useEffect(() => {
    if (!isFirst || done.current || !isBlank(draft)) return
    done.current = true
    set({ prompt: promptOf(SAMPLES[0]), seconds: SAMPLES[0].seconds, ratio: SAMPLES[0].ratio })
  }, [isFirst])
}

/** Puts a take's settings into the form: when asked, and once for a take that the address brought.
 * @param {ScreenProps} props @param {Takes} takes */
function useReuse({ draft, set, replace, asked, models = [] }, takes) {
  const { detail } = takes
  const arrived = useRef(asked)
  const reuse = async () => {
    if (!detail) return
    const model = await modelOf(detail, models)
    replace({ ...draftOf(detail, draft, made.get(detail.task.task_id)), model }, t('playground.reused'))
  }
  useEffect(() => {
    if (!detail || detail.task.task_id !== arrived.current) return
    // Only what the address said when the page was opened; a reload finds its draft.
    arrived.current = null
    if (draft.opened !== detail.task.task_id) reuse()
  }, [detail])
  useEffect(() => {
    if (asked && asked !== arrived.current && draft.opened !== asked) set({ opened: asked })
  }, [asked])
  return reuse
}
