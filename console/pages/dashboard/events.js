// What happened lately: breakers, operators, failures.

import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { to } from '../../core/router.js'
import { Empty } from '../../ui/feedback.js'
import { Icon } from '../../ui/icon.js'
import { Card } from '../../ui/table.js'
import { Time } from '../../ui/values.js'

/** @param {{ of: readonly any[] }} props */
export function Events({ of: events }) {
  return html`<${Card} title=${t('dashboard.events')}>${events.length === 0 ? html`<${Empty} title=${t('dashboard.noEvents')} />`
    : html`<ul class="cb stack events" tabindex="0" aria-label=${t('dashboard.events')}>${events.map((it, at) => html`<li class="row start" key=${at}>${line(it)}<span class="mono small dim3"><${Time} at=${it.at} /></span></li>`)}</ul>`}<//>`
}

/** @param {any} it */
function line(it) {
  if (it.kind === 'breaker') {
    const tone = it.state === 'open' ? 'bad' : it.state === 'closed' ? 'good' : 'lampt'
    return html`<span class=${tone}><${Icon} name=${it.state === 'open' ? 'circle-x' : it.state === 'closed' ? 'circle-check' : 'triangle-alert'} /></span>
      <div class="grow"><p class="small">${t(`dashboard.breaker.${it.state}`, name(it.channel))}</p>${it.reason && html`<p class="small dim3">${tOr(`channels.error.${it.reason}`, it.reason)}</p>`}</div>`
  }
  if (it.kind === 'failure') {
    return html`<span class="bad"><${Icon} name="circle-alert" /></span><div class="grow"><p class="small">${tOr(`errors.${it.code}`, it.code ?? '')}</p>
      <p class="small"><a class="mono clip" href=${to(`/admin/tasks/${it.task_id}`)}>${it.task_id}</a></p></div>`
  }
  return html`<span class="dim3"><${Icon} name="scroll-text" /></span><div class="grow"><p class="small">${it.actor ?? t('dashboard.gateway')} · <span class="mono">${it.action}</span></p>
    <p class="small dim3 clip">${it.target ?? ''}</p></div>`
}

/** @param {any} channel an object or a name */
const name = (channel) => channel?.name ?? channel ?? ''
