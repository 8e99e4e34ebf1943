// A new secret for a key.

import { post } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { failure } from '../../core/resource.js'
import { withPassword } from '../../core/session.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Dialog } from '../../ui/dialog.js'
import { Failure } from '../../ui/feedback.js'
import { SelectField } from '../../ui/field.js'

/** For how long the secret before stays valid, in seconds. */
const GRACES = [0, 3_600, 86_400, 604_800]

/** @param {{ of: any, onClose: () => void, onDone: (key: any) => void }} props */
export function Roll({ of: key, onClose, onDone }) {
  const [grace, setGrace] = useState('86400')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const act = async () => {
    setBusy(true)
    try {
      const rolled = await withPassword(() => post(`/api/keys/${key.id}/roll`, { grace_seconds: Number(grace) }))
      if (rolled) return onDone(rolled)
    } catch (problem) {
      setError(failure(problem))
    }
    return setBusy(false)
  }
  const footer = html`<${Button} kind="quiet" onClick=${onClose}>${t('shell.cancel')}<//>
    <${Button} kind="lamp" type="submit" busy=${busy}>${t('keys.roll')}<//>`
  return html`<${Dialog} title=${t('keys.rollTitle', key.name || key.mask)} icon="refresh-cw" onClose=${onClose} footer=${footer} form=${act}>
    <p class="dim">${t('keys.rollText')}</p>
    <${SelectField} label=${t('keys.grace')} value=${grace} onChange=${setGrace} options=${GRACES.map((it) => ({ value: String(it), label: t(`keys.graceFor.${it}`) }))} />
    ${error && html`<${Failure} error=${error} />`}<//>`
}
