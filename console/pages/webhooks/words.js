// What webhooks, events and deliveries are called.

import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { Status } from '../../ui/values.js'

/** In the order in which they happen. */
export const EVENTS = ['video.started', 'video.completed', 'video.failed', 'video.canceled', 'video.expired']

/** @param {string} type */
export const eventWord = (type) => tOr(`webhooks.event.${type.split('.')[1]}`, type)

/** How a webhook stands. @param {{ of: any }} props */
export function Standing({ of }) {
  if (of.enabled) {
    if (of.failing_since != null) return html`<${Status} tone="bad" icon="circle-alert">${t('webhooks.standing.failing')}<//>`
    return html`<${Status} tone="good" icon="circle-check">${t('webhooks.standing.active')}<//>`
  }
  if (of.disabled_by === 'owner') return html`<${Status} icon="circle-pause">${t('webhooks.standing.paused')}<//>`
  return html`<${Status} tone=${of.disabled_by === 'operator' ? '' : 'bad'} icon="ban">${t('webhooks.standing.disabled')}<//>`
}

const LOOKS = /** @type {Record<string, [string, string]>} */ ({
  pending: ['run', 'loader-circle'],
  delivered: ['good', 'circle-check'],
  failed: ['bad', 'circle-x'],
})

/** How a delivery stands. @param {{ of: any }} props */
export function DeliveryStatus({ of }) {
  const [tone, icon] = LOOKS[of.status] ?? ['', 'circle-dashed']
  // What waits for its next try does not move.
  const isStill = of.status === 'pending' && of.attempts_count > 0
  return html`<${Status} tone=${tone} icon=${isStill ? 'clock' : icon} still=${isStill}>${tOr(`webhooks.status.${of.status}`, of.status)}<//>`
}

/** Why a delivery was given up. @param {any} delivery */
export const reasonWord = ({ reason }) => reason && tOr(`webhooks.reason.${reason}`, reason)
