// Dialogs: the browser's own element, which keeps the focus.
//
// Guarantees: it closes when its owner says so, and by nothing else: not by Escape pressed often, and one
// with a form not by a click beside it; the focus goes back to where it came from; what is said meanwhile
// is said inside it, since all else is out of reach for a screen reader.

import { stages } from '../core/announce.js'
import { html, names, useId } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { failure } from '../core/resource.js'
import { Button } from './button.js'
import { Failure, Voices } from './feedback.js'
import { TextField } from './field.js'
import { Icon } from './icon.js'

/**
 * @param {{ title: any, icon?: string, onClose?: () => void, children?: any, footer?: any, stick?: boolean,
 *   wide?: boolean, alert?: boolean, form?: (event: any) => void, formRef?: any }} props Without `onClose` it cannot be closed by
 *   Escape, by a click beside it, or by its cross; with `form` it is one.
 */
export function Dialog({ title, icon, onClose, children, footer, stick, wide, alert, form, formRef }) {
  const element = useRef(/** @type {HTMLDialogElement | null} */ (null))
  const id = useId('dialog')
  useEffect(() => {
    const dialog = element.current
    const before = document.activeElement
    dialog?.showModal()
    stages.value = [...stages.value, id]
    return () => {
      stages.value = stages.value.filter((it) => it !== id)
      element.current = null
      dialog?.close()
      if (before instanceof HTMLElement && before.isConnected) before.focus()
    }
  }, [])
  const cancel = (/** @type {Event} */ event) => {
    event.preventDefault()
    onClose?.()
  }
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && !event.defaultPrevented) cancel(event)
  }
  const inner = html`${stick && html`<div class="stick" aria-hidden="true"></div>`}
    <header>${icon && html`<${Icon} name=${icon} />`}<h2 id=${id}>${title}</h2>
      ${onClose && html`<${Button} kind="quiet" small icon="x" class="end" label=${t('shell.close')} onClick=${onClose} />`}</header>
    <div class="body">${children}</div>${footer && html`<footer>${footer}</footer>`}`
  return html`<dialog class=${names('dlg', wide && 'wide')} ref=${element} aria-labelledby=${id} onCancel=${cancel} onKeyDown=${press}
    onClose=${() => element.current?.isConnected && element.current.showModal()}
    role=${alert ? 'alertdialog' : undefined}
    onMouseDown=${(/** @type {MouseEvent} */ event) => event.target === element.current && !form && onClose?.()}>
    ${form ? html`<form class="sheet" ref=${formRef} novalidate onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); form(event) }}>${inner}</form>`
           : html`<div class="sheet">${inner}</div>`}${stages.value.at(-1) === id && html`<${Voices} />`}</dialog>`
}

/**
 * Asks before something that cannot be taken back: says what happens to which object.
 * @param {{ title: any, children?: any, action: string, typed?: string, onClose: () => void, act: () => Promise<unknown> }} props
 *   With `typed` the person has to write that word first.
 */
export function Confirm({ title, children, action, typed, onClose, act }) {
  const [word, setWord] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const go = async () => {
    setBusy(true)
    try {
      await act()
      onClose()
    } catch (problem) {
      setError(failure(problem))
      setBusy(false)
    }
  }
  const footer = html`<${Button} kind="quiet" onClick=${onClose}>${t('shell.cancel')}<//>
    <${Button} kind="danger" type="submit" busy=${busy} disabled=${typed !== undefined && word !== typed}>${action}<//>`
  return html`<${Dialog} title=${title} icon="triangle-alert" onClose=${onClose} footer=${footer} form=${go} alert>
    ${children}
    ${typed !== undefined && html`<${TextField} label=${t('shell.typeToConfirm', typed)} value=${word} onInput=${setWord}
      autocomplete="off" spellcheck=${false} mono />`}
    ${error && html`<${Failure} error=${error} />`}<//>`
}
