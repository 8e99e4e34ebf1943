// The columns of the lists of tasks.

import { duration } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { local } from '../../core/place.js'
import { to } from '../../core/router.js'
import { useEffect, useRef, useState } from '../../vendor/hooks.js'
import { Icon } from '../../ui/icon.js'
import { Money, Reel, State, Tag, Time, progress, standing } from '../../ui/values.js'

/** @typedef {import('../../ui/table.js').Column} Column */

/** @param {boolean} [forOperators] @returns {Column[]} */
export function columns(forOperators) {
  const base = forOperators ? '/admin/tasks' : '/tasks'
  const extra = forOperators ? operators() : [{ id: 'key', label: t('tasks.key'), class: 'c-key', cell: key }]
  return [
    { id: 'take', label: t('tasks.take'), lead: true, class: 'flexi', cell: (row) => html`<${Take} row=${row} href=${to(`${base}/${row.task.task_id}`)} />` },
    { id: 'state', label: t('tasks.stateWord'), class: 'c-state', cell: state },
    { id: 'model', label: t('tasks.modelAndSpec'), class: 'c-model', cell: model },
    ...extra,
    { id: 'took', label: t('tasks.took'), number: true, class: 'mono small c-took', cell: (row) => duration(row.took_ms) },
    { id: 'cost', label: t('tasks.cost'), number: true, class: 'small c-cost', cell: cost },
    ...(forOperators ? [margin()] : []),
    { id: 'at', label: t('tasks.created'), number: true, class: 'mono small dim3 c-at', cell: (row) => html`<${Time} at=${row.task.created_at} />` },
  ]
}

/** @returns {Column[]} */
const operators = () => [
  { id: 'account', label: t('tasks.account'), class: 'small', cell: (row) => html`<a href=${to(`/admin/users/${row.account.id}`)}>${row.account.name}</a><span class="sub">${key(row)}</span>` },
  { id: 'channel', label: t('tasks.channel'), class: 'small', cell: (row) => html`${row.channel ? row.channel.name : '—'}
    ${row.attempts > 1 && html`<span class="sub">${t('tasks.attempts', row.attempts)}</span>`}` },
]

/** What the job cost, and what is left of the charge. @returns {Column} */
const margin = () => ({
  id: 'margin', label: t('tasks.costAndMargin'), number: true, class: 'small',
  cell: (row) => (row.channel ? html`<${Money} of=${row.upstream_cost} /><span class="sub">
    <${Money} of=${row.margin} class=${row.margin?.ticks.startsWith('-') ? 'bad' : ''} /></span>` : '—'),
})

/** @param {{ row: any, href: string }} props */
function Take({ row, href }) {
  return html`<div class="row"><a href=${href} tabindex="-1" aria-hidden="true"><${Shot} row=${row} /></a><div class="grow">
    <a class="clip bare" href=${href} tabindex="-1">${row.prompt ?? t('tasks.promptHidden')}</a>
    <a class="id dim3" href=${href}>${row.task.task_id}</a></div></div>`
}

/** The first picture of the video, loaded when its row is seen. @param {{ row: any }} props */
function Shot({ row }) {
  const home = useRef(/** @type {HTMLElement | null} */ (null))
  const [isSeen, setSeen] = useState(false)
  const [isBroken, setBroken] = useState(false)
  const { result_url: url, poster_url: poster } = row.task
  // Each answer has a fresh link; the picture is not loaded again for that.
  const kept = useRef('')
  if (url && !kept.current) kept.current = poster ? local(poster) : `${local(url)}#t=0.1`
  useEffect(() => {
    if (!url || !home.current) return undefined
    const watcher = new IntersectionObserver(([it]) => it.isIntersecting && setSeen(true), { rootMargin: '200px' })
    watcher.observe(home.current)
    return () => watcher.disconnect()
  }, [Boolean(url)])
  const isShown = url && isSeen && !isBroken
  const broken = () => setBroken(true)
  return html`<span class="shot" ref=${home}>${isShown && poster && html`<img alt="" src=${kept.current} onError=${broken} />`}
    ${isShown && !poster && html`<video src=${kept.current} muted playsinline preload="metadata" tabindex="-1" aria-hidden="true" onError=${broken}></video>`}
    ${!isShown && html`<${Icon} name=${row.state === 'failed' ? 'image-off' : row.state === 'cancelled' ? 'ban' : 'film'} />`}</span>`
}

/** @param {any} row */
function state(row) {
  const { task } = row
  const now = standing(task)
  const isUnderWay = now === 'running' || now === 'submitted'
  return html`<div class="right-m"><div class="row"><${State} of=${now} />
    ${isUnderWay && html`<${Reel} percent=${progress(task)} /><span class="mono small lampt">${task.progress}</span>`}
    ${now === 'waiting' && task.queue_position && html`<span class="small dim">${t('tasks.place', task.queue_position)}</span>`}</div>
    ${now === 'failed' && html`<span class="sub clip why" title=${task.fail_reason}>${task.fail_reason}</span>`}</div>`
}

/** @param {any} row */
const model = ({ task }) => html`<div class="right-m"><span class="mono small nowrap">${task.model}</span>
  <span class="sub nowrap">${t('tasks.seconds', task.seconds)} · ${task.aspect_ratio} · ${task.resolution}</span>
  ${task.provider === 'preview' && html`<span class="sub">${t('tasks.preview')}</span>`}</div>`

/** @param {any} row */
const key = (row) => (row.key.kind === 'test' ? html`<${Tag} test>${row.key.name || row.key.mask} · ${t('tasks.test')}<//>`
  : html`<span class="small nowrap">${row.key.name || row.key.mask}</span>`)

/** @param {any} row */
const cost = (row) => (row.key.kind === 'test' ? html`<span class="mono" title=${t('tasks.freeWhy')}>—</span>` : html`<${Money} of=${row.task.cost} />`)
