// What is wrong, worst first: a sentence each, with what follows from it and a way out.

import { bytes, duration, percent } from '../../core/format.js'
import { html, names } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { to } from '../../core/router.js'
import { Button } from '../../ui/button.js'
import { Icon } from '../../ui/icon.js'

/** How many are shown. */
const SHOWN_MAX = 4

/** Where a problem is mended. @type {Record<string, string>} */
const WAYS = {
  breaker_open: '/admin/channels', breaker_half_open: '/admin/channels', channel_not_in_force: '/admin/channels', no_channel: '/admin/channels?add=xai',
  previews_only: '/admin/channels?add=xai', disk_low: '/admin/system', queue_slow: '/admin/tasks?state=waiting', failures_high: '/admin/tasks?state=failed',
}

/** The title and the consequence of each kind. @type {Record<string, (it: any) => [string, string]>} */
const SAYS = {
  breaker_open: ({ channel, facts }) => [t('dashboard.p.open', channel.name), t('dashboard.p.openText', why(facts), facts.next_probe_ms == null ? null : duration(facts.next_probe_ms))],
  breaker_half_open: ({ channel, facts }) => [t('dashboard.p.half', channel.name), t('dashboard.p.halfText', why(facts))],
  channel_not_in_force: ({ channel }) => [t('dashboard.p.unusable', channel.name), t('dashboard.p.unusableText')],
  no_channel: ({ model }) => [t('dashboard.p.noChannel', model), t('dashboard.p.noChannelText')],
  previews_only: () => [t('dashboard.p.previews'), t('dashboard.p.previewsText')],
  disk_low: ({ facts }) => [t('dashboard.p.disk', bytes(facts.free_bytes)), t('dashboard.p.diskText', bytes(facts.needed_bytes))],
  queue_slow: ({ facts }) => [t('dashboard.p.queue', duration(facts.oldest_wait_ms)), t('dashboard.p.queueText', facts.waiting_count)],
  failures_high: ({ facts }) => [t('dashboard.p.failures', percent(facts.failed / Math.max(1, facts.ended), 0)), t('dashboard.p.failuresText', facts.failed, facts.ended)],
  webhooks_failing: ({ facts }) => [t('dashboard.p.webhooks', facts.count), t('dashboard.p.webhooksText', facts.host)],
}

/** @param {any} facts */
const why = (facts) => (facts.reason ? tOr(`channels.error.${facts.reason}`, facts.reason) : '')

/** @param {{ of: readonly any[] }} props */
export function Problems({ of: problems }) {
  if (problems.length === 0) return null
  return html`<div class="stack tight" role="status">${problems.slice(0, SHOWN_MAX).map((it, at) => {
    const [title, text] = SAYS[it.kind]?.(it) ?? [it.kind, '']
    const way = WAYS[it.kind]
    const isBad = it.level === 'bad'
    return html`<div key=${at} class=${names('note', isBad && 'bad', it.level === 'note' && 'plain')}><${Icon} name=${isBad ? 'circle-x' : it.level === 'note' ? 'flask-conical' : 'triangle-alert'} />
      <div class="grow"><p class="b">${title}</p>${text && html`<p class="small dim">${text}</p>`}</div>${way && html`<${Button} small href=${to(way)}>${t('dashboard.look')}<//>`}</div>`
  })}${problems.length > SHOWN_MAX && html`<p class="small dim">${t('dashboard.moreProblems', problems.length - SHOWN_MAX)}</p>`}</div>`
}
