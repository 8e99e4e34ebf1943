// A webhook's secret, at the moment it is made or rolled.

import { full } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Code } from '../../ui/code.js'
import { CopyButton } from '../../ui/copy.js'
import { Dialog } from '../../ui/dialog.js'
import { Note } from '../../ui/feedback.js'
import { Check } from '../../ui/field.js'

/** @param {{ of: any, onClose: () => void }} props */
export function Secret({ of, onClose }) {
  const [kept, setKept] = useState(false)
  const [asked, setAsked] = useState(false)
  // What cannot be shown again is not closed by a slip.
  const done = () => (kept || asked ? onClose() : setAsked(true))
  const samples = [{ id: 'env', label: '.env', kind: /** @type {const} */ ('shell'), text: `RUSHES_WEBHOOK_SECRET=${of.secret}` }]
  return html`<${Dialog} title=${t('webhooks.saveNow')} stick alert
    footer=${html`<${Button} onClick=${done}>${t(asked && !kept ? 'webhooks.closeAnyway' : 'webhooks.done')}<//>`}>
    <p class="dim">${t('webhooks.onceText')}</p>
    <div class="secret"><span data-secret>${of.secret}</span><${CopyButton} kind="lamp" small text=${of.secret} onCopied=${() => setKept(true)} /></div>
    ${of.old_secret_expires_at != null && html`<${Note} icon="clock" tone="plain">${t('webhooks.oldSigns', full(of.old_secret_expires_at))}<//>`}
    <${Code} label=".env" samples=${samples} />
    <${Check} checked=${kept} onChange=${setKept}>${t('webhooks.stored')}<//>
    ${asked && !kept && html`<${Note} icon="triangle-alert"><span role="alert">${t('webhooks.notStored')}</span><//>`}<//>`
}
