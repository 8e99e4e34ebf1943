// The first run: a take, a key, a channel. Steps tick themselves from what is there; who has seen
// enough hides them.

import { when } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { keep, recall } from '../../core/memory.js'
import { to } from '../../core/router.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Icon } from '../../ui/icon.js'
import { Card } from '../../ui/table.js'

/** The keys of the first start do not count: nobody has made them here. */
const FIRST_NAMES = ['first live key', 'first test key']

/** @param {{ latest: readonly any[], keys: readonly any[], channels: readonly any[] | null }} props `channels` is null for who is no operator. */
export function FirstRun({ latest, keys, channels }) {
  const [isHidden, setHidden] = useState(recall('first-run') === 'hidden')
  if (isHidden) return null
  const take = latest.find((it) => it.state === 'succeeded')
  const live = latest.find((it) => it.state === 'succeeded' && it.task.provider !== 'preview')
  const steps = [
    { word: 'take', ok: take !== undefined, way: take ? `/tasks/${take.task.task_id}` : '/playground' },
    { word: 'key', ok: keys.some((it) => !FIRST_NAMES.includes(it.name) || it.last_used_at !== null), way: '/keys?new=live' },
    ...(channels ? [{ word: 'channel', ok: channels.length > 0, way: channels.length > 0 ? '/admin/channels' : '/admin/channels?add=xai' }] : []),
  ]
  const done = steps.filter((it) => it.ok).length
  const now = steps.find((it) => !it.ok)
  const hide = () => {
    keep('first-run', 'hidden')
    setHidden(true)
  }
  const text = now ? t('overview.done', done, steps.length) : live ? t('overview.allDoneLive', when(live.task.created_at)) : t('overview.allDone')
  return html`<${Card} title=${t('overview.firstRun')} text=${text} end=${html`<${Button} kind="quiet" small onClick=${hide}>${t('overview.hide')}<//>`}>
    <ol class="steps">${steps.map((it, at) => html`<li key=${it.word} class=${it.ok ? 'ok' : it === now ? 'now' : undefined} data-step=${it.word}>
      <span class="no">${it.ok ? html`<${Icon} name="check" label=${t('overview.stepDone')} />` : at + 1}</span>
      <div><b>${t(`overview.step.${it.word}`)}</b><p>${t(`overview.stepText.${it.word}`)}</p></div>
      <${Button} small kind=${it === now ? 'lamp' : 'plain'} href=${to(it.way)}>${t(it.ok ? `overview.see.${it.word}` : `overview.do.${it.word}`)}<//></li>`)}</ol><//>`
}
