// One task: slate, video, time line, log, details, request and response, money.

import { toast } from '../../core/announce.js'
import { get, post, remove } from '../../core/api.js'
import { duration } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { newest, useTaskEvents } from '../../core/live.js'
import { local } from '../../core/place.js'
import { failure, useInterval, useResource } from '../../core/resource.js'
import { go, to } from '../../core/router.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { CopyButton, copyText } from '../../ui/copy.js'
import { Confirm } from '../../ui/dialog.js'
import { Empty, Loaded, Note } from '../../ui/feedback.js'
import { CutList, Gate, Leader, Slate } from '../../ui/film.js'
import { Menu } from '../../ui/menu.js'
import { Player } from '../../ui/player.js'
import { samplesOf } from '../../ui/samples.js'
import { Card } from '../../ui/table.js'
import { Money, State, Time, progress, standing } from '../../ui/values.js'
import { clipsOf } from '../../ui/cuts.js'
import { SaveButton } from '../../ui/save.js'
import { Aside } from './facts.js'
import { Log } from './log.js'

/** How often a task that runs is asked for again, in milliseconds; the user's own stream tells sooner. */
const EVERY_MS = 2_000

/** @param {{ id: string, forOperators?: boolean }} props */
export function TaskView({ id, forOperators }) {
  const base = forOperators ? '/api/admin/tasks' : '/api/tasks'
  const path = `${base}/${encodeURIComponent(id)}`
  const detail = useResource((signal) => get(path, undefined, { signal }), [path])
  useInterval(detail.reload, detail.data && isOpen(detail.data) ? EVERY_MS : undefined)
  useTaskEvents(forOperators ? {} : {
    onReset: () => detail.data && detail.reload(),
    onTask: (row) => {
      if (row.task.task_id !== id) return
      detail.update((was) => newest({ ...was, ...row }))
      if (!isOpen(row)) detail.reload()
    },
  })
  const missing = detail.error?.status === 404 || (detail.error?.status === 400 && !detail.data)
  if (missing) {
    return html`<h1 class="sr">${t('tasks.task')}</h1><${Card}><${Empty} title=${t('tasks.unknown')} text=${t('tasks.unknownText', id)}>
      <${Button} href=${to(forOperators ? '/admin/tasks' : '/tasks')} icon="list-video">${t('tasks.title')}<//><//><//>`
  }
  return html`<${Loaded} of=${detail} lines=${6}>${(/** @type {any} */ task) => html`<${Known} of=${task} path=${path} reload=${detail.reload} forOperators=${forOperators} />`}<//>`
}

/** @param {any} detail */
const isOpen = (detail) => detail.state === 'waiting' || detail.state === 'running'

/** @param {{ of: any, path: string, reload: () => void, forOperators?: boolean }} props */
function Known({ of: detail, path, reload, forOperators }) {
  const { task } = detail
  return html`<div class="head"><div><p class="small"><a href=${to(forOperators ? '/admin/tasks' : '/tasks')}>← ${t(forOperators ? 'tasks.allTitle' : 'tasks.title')}</a></p>
      <h1 class="sr" tabindex="-1">${t('tasks.titleOf', task.task_id)}</h1></div>
      <${Acts} of=${detail} path=${path} reload=${reload} forOperators=${forOperators} /></div>
    <div class="stack wide"><${Head} of=${detail} />
      <div class="grid-main"><div class="stack wide"><${Picture} of=${detail} path=${path} />
          <${Line} of=${detail} forOperators=${forOperators} /></div>
        <${Aside} of=${detail} forOperators=${forOperators} /></div></div>`
}

/** @param {{ of: any }} props */
function Head({ of: detail }) {
  const { task } = detail
  const stick = isOpen(detail) ? 'run' : detail.state === 'failed' ? 'bad' : 'good'
  return html`<${Slate} label=${t('tasks.slate')} stick=${stick} of=${[
    { term: t('tasks.task'), width: 6, value: html`<span class="row wrap">${task.task_id}<${CopyButton} bare text=${task.task_id} label=${t('tasks.copyId')} /></span>` },
    { term: t('tasks.model'), width: 3, value: task.model },
    { term: t('tasks.stateWord'), width: 3, value: html`<${State} of=${standing(task)} />` },
    { term: t('tasks.mode'), value: t(`tasks.mode.${detail.mode}`) },
    { term: t('tasks.length'), value: task.seconds_requested ? `${task.seconds} / ${task.seconds_requested}` : task.seconds },
    { term: t('tasks.ratio'), value: task.aspect_ratio },
    { term: t('tasks.size'), value: task.resolution },
    { term: t('tasks.cost'), value: html`<${Money} of=${task.cost} />` },
    { term: t('tasks.took'), value: duration(detail.took_ms) },
    { term: t('tasks.prompt'), width: 12, say: true, value: detail.prompt || t('tasks.promptGone') },
  ]} />`
}

/** Says that an upstream made another video than was asked for; half a second more or less is none.
 * @param {any} detail */
function difference({ file, request, task }) {
  if (!file || file.removed_at || task.provider === 'preview') return null
  const length = (/** @type {number} */ ms) => duration(ms)
  const isLong = Math.abs(file.duration_ms - task.seconds * 1_000) <= 500
  const lines = Number.parseInt(task.resolution, 10)
  const isLarge = Math.abs(Math.min(file.width, file.height) - lines) <= lines * 0.05
  if (request === undefined || (isLong && isLarge)) return null
  return t('tasks.otherFile', `${file.width}×${file.height} · ${length(file.duration_ms)}`, `${task.resolution} · ${length(task.seconds * 1_000)}`)
}

/** The video, or what there is instead of it. @param {{ of: any, path: string }} props */
function Picture({ of: detail, path }) {
  const { task } = detail
  if (isOpen(detail)) {
    const said = task.queue_position ? t('tasks.place', task.queue_position) : t(`tasks.now.${standing(task)}`)
    return html`<${Gate}><${Leader} percent=${progress(task)}>${said}<//><//>`
  }
  if (detail.state === 'succeeded' && task.result_url) {
    const ask = async () => (await get(path)).task
    const until = detail.file?.kept_until
    const other = difference(detail)
    return html`<div class="stack">${other && html`<${Note} icon="triangle-alert" title=${other} />`}<${Player} task=${task} name=${detail.prompt || task.task_id} onAnew=${ask} />
      <div class="row wrap"><${SaveButton} kind="lamp" task=${task} anew=${ask}>${t('tasks.download')}<//>
        <${CopyButton} icon="link" label=${t('tasks.copyUrl')} text=${async () => (await ask()).result_url} /><span class="grow"></span>
        <span class="small dim3">${t('tasks.linkHour')}${until ? html` · ${t('tasks.kept')} <${Time} at=${until} />` : ''}</span></div></div>`
  }
  if (detail.state === 'succeeded') {
    const removed = detail.file?.removed_at ?? detail.file?.kept_until
    return html`<${Note} icon="clock" tone="plain" title=${t('tasks.removed')}><span class="dim">${removed ? html`<${Time} at=${removed} /> · ` : ''}${t('tasks.removedText')}</span><//>`
  }
  if (detail.state === 'cancelled') return html`<${Note} icon="ban" tone="plain" title=${t('tasks.cancelledTitle')}><span class="dim">${t('tasks.returned')}</span><//>`
  return html`<${Note} icon="circle-x" tone="bad" title=${task.fail_reason}><span class="mono small">${task.error?.code}</span>
    <p class="dim">${tOr(`errors.${task.error?.code}`, '')} ${t('tasks.returned')} ${task.error?.retryable ? t('tasks.retryable') : ''}</p><//>`
}

/** @param {{ of: any, forOperators?: boolean }} props */
function Line({ of: detail, forOperators }) {
  const clips = clipsOf(detail.log)
  const nowMs = Date.now()
  return html`<${Card} title=${t('shell.timeline')} text=${html`<span class="mono">${duration(detail.took_ms)}</span>`} padded>
    <${CutList} clips=${clips} nowMs=${nowMs} /><${Log} lines=${detail.log} money=${detail.money} forOperators=${forOperators} /><//>`
}

/** What can be done. @param {{ of: any, path: string, reload: () => void, forOperators?: boolean }} props */
function Acts({ of: detail, path, reload, forOperators }) {
  const [open, setOpen] = useState('')
  const copyAs = samplesOf(detail.request).map((it) => ({ label: it.label, icon: 'copy', act: async () => {
    const done = await copyText(it.text)
    toast(t(done ? 'shell.copied' : 'shell.copyFailed'), { tone: done ? 'good' : 'bad' })
  } }))
  const close = () => setOpen('')
  const ended = !isOpen(detail)
  return html`<div class="row wrap"><${Menu} label=${t('tasks.copyAs')} actions=${copyAs}>${t('tasks.copyAs')}<//>
    ${!forOperators && html`<${Button} icon="clapperboard" href=${to(`/playground?task=${detail.task.task_id}`)}>${t('tasks.reuse')}<//>
      ${ended ? html`<${Button} kind="danger" icon="trash-2" label=${t('tasks.delete')} onClick=${() => setOpen('delete')} />`
        : html`<${Button} icon="ban" onClick=${() => setOpen('cancel')}>${t('tasks.cancel')}<//>`}`}</div>
    ${open === 'cancel' && html`<${Confirm} title=${t('tasks.cancelTitle')} action=${t('tasks.cancel')} onClose=${close}
      act=${() => post(`${path}/cancel`).then(reload)}><p>${t('tasks.cancelText')}</p><//>`}
    ${open === 'delete' && html`<${Confirm} title=${t('tasks.deleteTitle')} action=${t('tasks.delete')} onClose=${close} act=${() => drop(path)}>
      <p>${t('tasks.deleteText')}</p><//>`}`
}

/** @param {string} path */
async function drop(path) {
  try {
    await remove(path)
  } catch (error) {
    // It may have gone in another tab: what was wanted is so.
    if (failure(error).status !== 404) throw error
  }
  toast(t('tasks.deleted'))
  go('/tasks')
}
