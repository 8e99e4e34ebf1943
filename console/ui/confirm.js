// The password once more, for what needs it fresh.

import { post } from '../core/api.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { failure } from '../core/resource.js'
import { cover, overlay } from '../core/overlay.js'
import { session } from '../core/session.js'
import { useState } from '../vendor/hooks.js'
import { signal } from '../vendor/signals.js'
import { Button } from './button.js'
import { Dialog } from './dialog.js'
import { TextField } from './field.js'

/** Who waits for the answer. */
const waiting = signal(/** @type {((given: boolean) => void) | null} */ (null))

/** Asks for the password; whether it was given, and was right. @returns {Promise<boolean>} */
export const askPassword = () =>
  new Promise((resolve) => {
    waiting.value?.(false)
    waiting.value = resolve
    cover(Ask)
  })

function Ask() {
  const [password, setPassword] = useState('')
  const [error, setError] = useState(/** @type {any} */ (null))
  const [busy, setBusy] = useState(false)
  const end = (/** @type {boolean} */ given) => {
    waiting.value?.(given)
    waiting.value = null
    overlay.value = null
  }
  const act = async () => {
    setBusy(true)
    try {
      await post('/api/session/confirm', { password }, { quiet: true })
      end(true)
    } catch (problem) {
      setError(failure(problem))
      setBusy(false)
    }
  }
  const footer = html`<${Button} kind="quiet" onClick=${() => end(false)}>${t('shell.cancel')}<//>
    <${Button} kind="lamp" type="submit" busy=${busy} disabled=${password === ''}>${t('shell.go')}<//>`
  return html`<${Dialog} title=${t('shell.passwordAgain')} icon="lock" onClose=${() => end(false)} footer=${footer} form=${act}>
    <p class="dim">${t('shell.passwordAgainWhy')}</p>
    <input class="sr" tabindex="-1" aria-hidden="true" autocomplete="username" readonly value=${session.value?.account?.name ?? ''} />
    <${TextField} label=${t('shell.password')} type="password" autocomplete="current-password" autofocus value=${password}
      onInput=${setPassword} error=${error?.message} /><//>`
}
