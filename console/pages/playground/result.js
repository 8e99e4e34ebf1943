// What becomes of a take: while it is made, when it is there, and why it failed.

import { toast } from '../../core/announce.js'
import { get, post } from '../../core/api.js'
import { bytes, duration, money, time } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { local } from '../../core/place.js'
import { failure, useInterval } from '../../core/resource.js'
import { to } from '../../core/router.js'
import { refreshBalance } from '../../core/session.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { CopyButton, copyText } from '../../ui/copy.js'
import { clipsOf } from '../../ui/cuts.js'
import { Note } from '../../ui/feedback.js'
import { CutList, Gate, Leader } from '../../ui/film.js'
import { Icon } from '../../ui/icon.js'
import { Menu } from '../../ui/menu.js'
import { dataUrl } from '../../ui/pictures.js'
import { Player } from '../../ui/player.js'
import { samplesOf } from '../../ui/samples.js'
import { Card } from '../../ui/table.js'
import { State, Tag, progress, standing } from '../../ui/values.js'
import { SaveButton, endOf } from '../../ui/save.js'
import { tell } from '../../ui/tell.js'
import { copied } from './again.js'
import { isUnderWay } from './takes.js'

/** How often elapsed times are told anew, in milliseconds. */
const TICK_MS = 500
/** A link that works for less than so long is replaced before it is copied, in seconds. */
const FRESH_SECONDS = 600

/**
 * @typedef {object} ResultProps
 * @property {any} row
 * @property {any} detail Null until it is there.
 * @property {number | null} number Which of today's it is.
 * @property {number | null} usualMs How long such takes took.
 * @property {() => void} onReload
 * @property {() => void} [onReuse] Puts its settings into the form, where there is one.
 * @property {(url: string, name: string) => void} [onFrame] Puts a picture into the form.
 */

/** @param {ResultProps} props */
export function Result(props) {
  const { row, detail, number } = props
  const { task } = row
  const isOpen = isUnderWay(row)
  const [now, setNow] = useState(Date.now())
  useInterval(() => setNow(Date.now()), isOpen ? TICK_MS : undefined)
  const passed = row.took_ms ?? Math.max(0, now - (detail?.log[0]?.at_ms ?? task.created_at * 1_000))
  const clips = detail ? clipsOf(detail.log) : []
  return html`<section class="stack" aria-label=${t('playground.result')}>
      <div class="row wrap"><h2>${number === null ? t('playground.take') : t('playground.takeNumber', number)}</h2><${State} of=${standing(task)} />
        ${row.key.kind === 'test' && html`<${Tag} test>${t('playground.test')}<//>`}
        <a class="mono small clip" href=${to(`/tasks/${task.task_id}`)}>${`${task.task_id.slice(0, 21)}…`}</a><span class="grow"></span>
        <span class="small dim3">${t(isOpen ? 'playground.soFar' : 'playground.took', duration(passed))} · ${t(`playground.money.${task.cost.state}`, money(task.cost))}</span></div>
      <${Screen} ...${props} /><${Actions} ...${props} />
      ${task.provider === 'preview' && row.state === 'succeeded' && html`<${Note} icon="info" tone="plain">${t('playground.preview')}<//>`}</section>
    ${clips.length > 0 && html`<${Card} title=${t('shell.timeline')} padded end=${html`<span class="small dim3 mono">${span(detail, task)}</span>`}>
      <${CutList} clips=${clips} nowMs=${Math.max(now, clips[0].startMs)} /><//>`}`
}

/** From when to when. @param {any} detail @param {any} task */
const span = (detail, task) => `${time(detail.log[0].at_ms / 1_000)} → ${task.finished_at ? time(task.finished_at) : ''}`

/** @param {ResultProps} props */
function Screen({ row, usualMs, onReuse, onReload }) {
  const { task } = row
  if (isUnderWay(row)) return html`<${Gate} stick="run"><${Leader} percent=${progress(task)}>${waiting(row, usualMs)}<//><//>`
  if (row.state === 'succeeded' && !task.result_expired && task.result_url) {
    const anew = async () => {
      const fresh = await get(`/api/tasks/${task.task_id}`)
      onReload()
      return fresh.task
    }
    return html`<${Player} task=${task} name=${row.prompt || task.task_id} onAnew=${anew} />`
  }
  if (row.state === 'succeeded') {
    return html`<${Gate}><div class="expose"><${Icon} name="film" size="l" /><p>${t('playground.expired')}</p></div><//>`
  }
  return html`<${Failed} row=${row} onReuse=${onReuse} />`
}

/** What a take waits for. @param {any} row @param {number | null} usualMs */
function waiting({ task, state }, usualMs) {
  const what = state === 'running' ? t('playground.generating') : task.status === 'NOT_START' ? t('playground.heldBack') : t('playground.inLine')
  const place = state === 'waiting' && task.queue_position ? ` · ${t('playground.place', task.queue_position)}` : ''
  return what + place + (usualMs ? ` · ${t('playground.usual', duration(usualMs))}` : '')
}

/** @param {{ row: any, onReuse?: () => void }} props */
function Failed({ row, onReuse }) {
  const { task } = row
  const code = task.error?.code ?? 'internal_error'
  const isOurs = row.state === 'cancelled'
  return html`<${Gate} stick=${isOurs ? undefined : 'bad'}><div class="expose fail"><${Icon} name=${isOurs ? 'ban' : 'circle-x'} size="l" />
    <p class="why"><b>${tOr(`errors.task.${code}`, code)}</b></p>
    ${!isOurs && task.fail_reason && html`<p lang="en">${task.fail_reason}</p>`}
    <p class="mono">${code}</p><p>${t(task.cost.state === 'voided' || task.cost.ticks === '0' ? 'playground.notCharged' : 'playground.charged', money(task.cost))}</p>
    ${onReuse && html`<${Button} icon=${isOurs ? 'rotate-ccw' : 'pencil'} onClick=${onReuse}>${t(isOurs ? 'playground.again' : 'playground.editRetry')}<//>`}</div><//>`
}

/** @param {ResultProps} props */
function Actions(props) {
  const { row, detail, onReuse, onFrame } = props
  const { task } = row
  const code = detail && html`<${CopyAs} request=${copied(detail.request)} />`
  if (isUnderWay(row)) {
    return html`<div class="row wrap"><${Cancel} task=${task} onDone=${props.onReload} />${code}<span class="grow"></span>
      <span class="small dim3">${t('playground.leave')}</span></div>`
  }
  if (row.state !== 'succeeded') return html`<div class="row wrap">${code}</div>`
  const reuse = onReuse && html`<${Button} small kind="quiet" icon="repeat" disabled=${!detail} onClick=${onReuse}>${t('playground.reuse')}<//>`
  if (!task.result_url || task.result_expired) return html`<div class="row wrap">${code}${reuse}</div>`
  return html`<div class="stack tight"><div class="row wrap"><${SaveButton} class="dl" task=${task} anew=${async () => (await get(`/api/tasks/${task.task_id}`)).task}>
        ${t('playground.download')}${detail?.file && html`<span class="dim3 small mono">${bytes(detail.file.bytes)}</span>`}<//>
      <${CopyButton} icon="link" label=${t('playground.copyUrl')} text=${() => linkOf(task)} />${code}</div>
    <div class="row wrap">${reuse}${onFrame && task.poster_url && html`<${Button} small kind="quiet" icon="image-plus" onClick=${() => frameOf(task, onFrame)}>${t('playground.frame')}<//>`}
      <span class="grow"></span><${LinkLife} task=${task} /></div></div>`
}

/** The request as curl with one press, as other code from a list. @param {{ request: Record<string, unknown> }} props */
function CopyAs({ request }) {
  const samples = samplesOf(request)
  const copy = async (/** @type {string} */ text) => {
    const done = await copyText(text)
    toast(t(done ? 'shell.copied' : 'shell.copyFailed'), { tone: done ? 'good' : 'bad' })
  }
  return html`<${CopyButton} icon="terminal" label=${t('playground.copyAs', 'curl')} text=${samples[0].text} />
    <${Menu} label=${t('playground.copyOther')} actions=${samples.slice(1).map((it) => ({ label: t('playground.copyAs', it.label), icon: 'copy', act: () => copy(it.text) }))}>
      <${Icon} name="chevron-down" label=${t('playground.copyOther')} /><//>`
}

/** A link that works for a while. @param {any} task */
async function linkOf(task) {
  const end = endOf(task.result_url)
  if (end === null || end - Date.now() / 1_000 > FRESH_SECONDS) return task.result_url
  return (await get(`/api/tasks/${task.task_id}`).catch(() => ({ task }))).task.result_url
}

/** @param {{ task: any }} props */
function LinkLife({ task }) {
  const [now, setNow] = useState(Date.now())
  useInterval(() => setNow(Date.now()), 20_000)
  const end = endOf(task.result_url)
  if (end === null) return null
  const minutes = Math.floor((end - now / 1_000) / 60)
  return html`<span class="small dim3 row"><${Icon} name="clock" size="s" /><span>${minutes > 0 ? t('playground.linkLife', minutes) : t('playground.linkOver')}</span></span>`
}

/** The first picture of a video for the form. @param {any} task @param {(url: string, name: string) => void} use */
async function frameOf(task, use) {
  try {
    const answer = await fetch(local(task.poster_url))
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`)
    use(await dataUrl(await answer.blob()), t('playground.frameName'))
  } catch {
    toast(t('playground.frameFailed'), { tone: 'bad' })
  }
}

/** @param {{ task: any, onDone: () => void }} props */
function Cancel({ task, onDone }) {
  const [busy, setBusy] = useState(false)
  const act = async () => {
    setBusy(true)
    try {
      const answer = await post(`/api/tasks/${task.task_id}/cancel`)
      if (answer.data.status !== 'FAILURE') toast(t('playground.cancelAsked'))
      refreshBalance()
      onDone()
    } catch (problem) {
      tell(problem)
      onDone()
    }
    setBusy(false)
  }
  const isFree = task.cost.ticks === '0'
  return html`<${Button} icon="ban" busy=${busy} onClick=${act}>${isFree ? t('playground.cancel') : t('playground.cancelFree', money(task.cost))}<//>`
}
