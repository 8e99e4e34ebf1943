// Dialogs that ask for something and send it.

import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { failure } from '../core/resource.js'
import { useState } from '../vendor/hooks.js'
import { Button } from './button.js'
import { Dialog } from './dialog.js'
import { Failure } from './feedback.js'
import { useFieldErrors } from './field.js'

/**
 * A form in a dialog: what the server says of a field stands at it, all else over the buttons; what was
 * typed stays. `act` sends it and `done` gets the answer. The children are a function: what it gets
 * says what is wrong with a field.
 * @param {{ title: any, icon?: string, action: string, kind?: 'lamp' | 'danger', fields: readonly string[], wide?: boolean,
 *   disabled?: boolean, act: () => Promise<any>, done: (answer: any) => void, onClose: () => void,
 *   children: (wrong: (field: string) => string | null) => any }} props
 */
export function FormDialog({ title, icon, action, kind = 'lamp', fields, wide, disabled, act, done, onClose, children }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const errors = useFieldErrors(error, fields)
  const submit = async () => {
    if (busy || disabled) return
    setBusy(true)
    setError(null)
    try {
      done(await act())
    } catch (problem) {
      setError(failure(problem))
    }
    setBusy(false)
  }
  const body = typeof children === 'function' ? children : (/** @type {any} */ (children))[0]
  const footer = html`<${Button} kind="quiet" onClick=${onClose}>${t('shell.cancel')}<//>
    <${Button} kind=${kind} type="submit" busy=${busy} disabled=${disabled}>${action}<//>`
  return html`<${Dialog} title=${title} icon=${icon} wide=${wide} onClose=${busy ? undefined : onClose} footer=${footer} form=${submit} formRef=${errors.form}>
    ${body(errors.of)}${errors.rest && html`<${Failure} error=${errors.rest} />`}<//>`
}
