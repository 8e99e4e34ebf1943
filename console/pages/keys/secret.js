// A key's secret, at the moment it is made, rolled or asked for.

import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { PUBLIC_URL } from '../../core/place.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Code } from '../../ui/code.js'
import { CopyButton } from '../../ui/copy.js'
import { Dialog } from '../../ui/dialog.js'
import { Note } from '../../ui/feedback.js'
import { Check } from '../../ui/field.js'

/** @param {{ name: string, secret: string, revealable: boolean, onClose: () => void }} props */
export function Secret({ name, secret, revealable, onClose }) {
  const [kept, setKept] = useState(false)
  const [asked, setAsked] = useState(false)
  // What cannot be shown again is not closed by a slip.
  const done = () => (kept || revealable || asked ? onClose() : setAsked(true))
  const samples = [
    { id: 'curl', label: 'curl', kind: /** @type {const} */ ('shell'), text: `curl ${PUBLIC_URL}/v1/models \\\n  -H "Authorization: Bearer ${secret}"` },
    { id: 'env', label: '.env', kind: /** @type {const} */ ('shell'), text: `RUSHES_BASE_URL=${PUBLIC_URL}\nRUSHES_API_KEY=${secret}` },
  ]
  return html`<${Dialog} title=${t(revealable ? 'keys.ready' : 'keys.saveNow')} stick alert onClose=${revealable ? onClose : undefined}
    footer=${html`<${Button} onClick=${done}>${t(asked && !kept ? 'keys.closeAnyway' : 'keys.done')}<//>`}>
    <p class="dim">${t(revealable ? 'keys.keptText' : 'keys.onceText', name)}</p>
    <div class="secret"><span data-secret>${secret}</span><${CopyButton} kind="lamp" small text=${secret} onCopied=${() => setKept(true)} /></div>
    <div class="stack tight"><span class="small b">${t('keys.try')}</span><${Code} label=${t('keys.try')} samples=${samples} /></div>
    ${!revealable && html`<${Check} checked=${kept} onChange=${setKept}>${t('keys.stored')}<//>`}
    ${asked && !kept && html`<${Note} icon="triangle-alert"><span role="alert">${t('keys.notStored')}</span><//>`}<//>`
}
