// Settings that operators change while the gateway runs.

import { toast } from '../../core/announce.js'
import { get, patch } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { useResource } from '../../core/resource.js'
import { useState } from '../../vendor/hooks.js'
import { Confirm } from '../../ui/dialog.js'
import { Loaded } from '../../ui/feedback.js'
import { Switch } from '../../ui/field.js'
import { Card } from '../../ui/table.js'
import { tell } from '../../ui/tell.js'

/** Name, and the word that stands for on. */
const SETTINGS = /** @type {const} */ ([['registration', 'open', 'closed'], ['key_reveal', 'on', 'off'], ['privacy', 'on', 'off']])

export function Settings() {
  const settings = useResource((signal) => get('/api/admin/settings', undefined, { signal }), [])
  const [asked, setAsked] = useState(/** @type {Record<string, string> | null} */ (null))
  const send = async (/** @type {Record<string, string>} */ change) => {
    const next = await patch('/api/admin/settings', change)
    settings.update(() => next)
    toast(t('system.settingsSaved'))
  }
  const turn = (/** @type {string} */ name, /** @type {string} */ value) => {
    // Forgetting what could be shown cannot be taken back.
    if (name === 'key_reveal' && value === 'off') return setAsked({ [name]: value })
    return send({ [name]: value }).catch((error) => {
      tell(error)
      settings.reload()
    })
  }
  return html`<${Card} title=${t('system.settings')} padded><${Loaded} of=${settings}>${(/** @type {any} */ it) => html`<div class="stack">
      ${SETTINGS.map(([name, on, off]) => html`<div class="stack tight" key=${name}><${Switch} shown checked=${it[name] === on} label=${t(`system.set.${name}`)}
        onChange=${(/** @type {boolean} */ is) => turn(name, is ? on : off)} /><p class="hint">${t(`system.setText.${name}`)}</p></div>`)}</div>`}<//>
    ${asked && html`<${Confirm} title=${t('system.forgetTitle')} action=${t('system.forget')} onClose=${() => setAsked(null)} act=${() => send(asked)}><p>${t('system.forgetText')}</p><//>`}<//>`
}
