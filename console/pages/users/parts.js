// What the list of users and a user's page have in common.

import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { Button } from '../../ui/button.js'
import { CopyButton } from '../../ui/copy.js'
import { Dialog } from '../../ui/dialog.js'
import { Status, Time } from '../../ui/values.js'

/** Bytes of a password that is made here: 24 letters and digits. */
const PASSWORD_BYTES = 18

/** Whether somebody may come in. @param {{ is: boolean }} props */
export const Enabled = ({ is }) =>
  is
    ? html`<${Status} tone="good" icon="circle-check">${t('users.enabled')}<//>`
    : html`<${Status} icon="ban">${t('users.disabled')}<//>`

/** A one-time link, shown this once. @param {{ link: any, name: string, onClose: () => void }} props */
export function LinkDialog({ link, name, onClose }) {
  const footer = html`<${Button} onClick=${onClose}>${t('users.done')}<//>`
  return html`<${Dialog} title=${t('users.linkFor', name)} stick footer=${footer}>
    <p>${t('users.linkOnce')}</p>
    <div class="secret"><span>${link.url}</span><${CopyButton} kind="lamp" small text=${link.url} /></div>
    <p class="small dim">${t('users.linkUntil')} <${Time} at=${link.expires_at} /></p><//>`
}

/** A password that nobody guesses. */
export function randomPassword() {
  const bytes = crypto.getRandomValues(new Uint8Array(PASSWORD_BYTES))
  return btoa(String.fromCharCode(...bytes)).replaceAll('+', 'x').replaceAll('/', 'y')
}

