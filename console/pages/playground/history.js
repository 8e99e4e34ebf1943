// The latest takes as a strip of pictures.

import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { local } from '../../core/place.js'
import { to } from '../../core/router.js'
import { useEffect, useMemo, useRef } from '../../vendor/hooks.js'
import { Icon } from '../../ui/icon.js'
import { Reel, progress } from '../../ui/values.js'
import { isToday, isUnderWay, pathOf } from './takes.js'

/** @param {{ rows: any[], id: string | null }} props */
export function History({ rows, id }) {
  const today = rows.filter(isToday)
  const shown = today.length > 0 ? today : rows.slice(0, 12)
  const title = t(today.length > 0 ? 'playground.today' : 'playground.before')
  const home = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    // Sideways alone: the page itself stays where it is.
    const current = home.current?.querySelector('[aria-current]')
    if (home.current && current instanceof HTMLElement) home.current.scrollLeft = current.offsetLeft - home.current.offsetLeft - 40
  }, [id, shown.length])
  if (shown.length === 0) return null
  return html`<section class="stack tight" aria-label=${title}><div class="row"><h2>${title}</h2><span class="grow"></span>
      <a class="small" href=${to('/tasks')}>${t('playground.allTasks')}</a></div>
    <div class="takes" ref=${home}>${shown.map((it) => html`<${Take} key=${it.task.task_id} row=${it} current=${it.task.task_id === id} />`)}</div></section>`
}

/** @param {{ row: any, current: boolean }} props */
function Take({ row, current }) {
  const { task, prompt, state } = row
  // A link that is signed anew shows the same picture.
  const isKept = Boolean(task.poster_url) && !task.result_expired
  const link = useMemo(() => (isKept ? local(task.poster_url) : null), [task.task_id, isKept])
  const icon = { waiting: 'circle-dashed', running: 'loader-circle', succeeded: 'film', failed: 'circle-x', cancelled: 'ban' }[/** @type {string} */ (state)] ?? 'film'
  return html`<a class="take" href=${to(pathOf(task.task_id))} aria-current=${current ? 'true' : undefined} title=${prompt}>
    <span class="fr">${link ? html`<img src=${link} alt="" loading="lazy" />` : html`<span class="sym"><${Icon} name=${icon} size="l" label=${t(`shell.state.${state}`)} /></span>`}
      ${isUnderWay(row) && html`<${Reel} percent=${progress(task)} />`}<span class="len">${t('playground.length', task.seconds)}</span></span>
    <span class="clip">${prompt || task.task_id}</span></a>`
}
