// Sending again what a webhook missed.

import { toast } from '../../core/announce.js'
import { post } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { failure } from '../../core/resource.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Dialog } from '../../ui/dialog.js'
import { Failure } from '../../ui/feedback.js'
import { SelectField } from '../../ui/field.js'

/** Since when, in hours; deliveries are kept for a month. */
const HOURS = ['1', '24', '168', '720']
/** How often the API is asked to go on; what is left then is said. */
const TURNS_MAX = 20

/** @param {{ of: any, onClose: () => void, onDone: () => void }} props */
export function Replay({ of, onClose, onDone }) {
  const [hours, setHours] = useState(HOURS[1])
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const act = async () => {
    setBusy(true)
    setError(null)
    const since = Math.floor(Date.now() / 1_000) - Number(hours) * 3_600
    try {
      const { count, has_more } = await replayAll(of.id, since)
      toast(has_more ? t('webhooks.replayedSome', count) : t('webhooks.replayed', count))
      onDone()
      onClose()
    } catch (problem) {
      setError(failure(problem))
      setBusy(false)
    }
  }
  const footer = html`<${Button} kind="quiet" onClick=${onClose}>${t('shell.cancel')}<//>
    <${Button} kind="lamp" type="submit" busy=${busy}>${t('webhooks.replay')}<//>`
  return html`<${Dialog} title=${t('webhooks.replayTitle')} icon="repeat" onClose=${onClose} footer=${footer} form=${act}>
    <p>${t('webhooks.replayText')}</p>
    <${SelectField} label=${t('webhooks.replaySince')} value=${hours} onChange=${setHours} options=${HOURS.map((it) => ({ value: it, label: t(`webhooks.hours.${it}`) }))} />
    ${error && html`<${Failure} error=${error} />`}<//>`
}

/** @param {number} id @param {number} since in seconds since 1970 */
async function replayAll(id, since) {
  let count = 0
  for (let turn = 0; turn < TURNS_MAX; turn += 1) {
    const answer = await post(`/api/webhooks/${id}/replay`, { since })
    count += answer.count
    if (!answer.has_more) return { count, has_more: false }
  }
  return { count, has_more: true }
}
