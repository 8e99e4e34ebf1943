// The state of a channel's circuit breaker, in words.

import { duration } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { Status } from '../../ui/values.js'

const LOOKS = /** @type {Record<string, [string, string]>} */ ({
  closed: ['good', 'circle-check'], half_open: ['run', 'triangle-alert'], open: ['bad', 'circle-x'], disabled: ['', 'circle-pause'], not_in_force: ['bad', 'lock'],
})

/** How a channel stands. @param {any} channel of `GET /api/admin/channels` or of the dashboard */
export const standsAs = (channel) => channel.state ?? (!channel.enabled ? 'disabled' : channel.in_force === false ? 'not_in_force' : (channel.breaker ?? 'not_in_force'))

/** @param {{ of: any }} props */
export function Breaker({ of: channel }) {
  const state = standsAs(channel)
  const [tone, icon] = LOOKS[state] ?? ['', 'circle-help']
  const reason = channel.breaker_reason ?? channel.reason
  const isOut = state === 'open' || state === 'half_open'
  return html`<div><${Status} tone=${tone} icon=${icon} still>${t(`channels.state.${state}`)}<//>
    ${isOut && reason && html`<span class="sub">${tOr(`channels.error.${reason}`, reason)}</span>`}
    ${state === 'open' && channel.next_probe_ms != null && html`<span class="sub">${t('channels.nextProbe', duration(channel.next_probe_ms))}</span>`}</div>`
}
