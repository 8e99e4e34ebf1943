// Fields of forms: a label, a control, a hint, and what the server said about it.

import { html, names, useId } from '../core/html.js'
import { useEffect, useRef } from '../vendor/hooks.js'
import { Icon } from './icon.js'

/**
 * A field around one control. `control` gets the control's id, and what names its hint and error.
 * @param {{ label: any, optional?: any, end?: any, hint?: any, error?: string | null, class?: string,
 *   control: (bind: { id: string, 'aria-describedby': string | undefined, 'aria-invalid': 'true' | undefined }) => any }} props
 */
export function Field({ label, optional, end, hint, error, control, class: more }) {
  const id = useId('f')
  const told = [hint && `${id}-hint`, error && `${id}-error`].filter(Boolean).join(' ') || undefined
  return html`<div class=${names('field', more)}>
    <label for=${id}><span>${label}</span>${optional && html`<span class="opt">${optional}</span>`}
      ${end && html`<span class="end">${end}</span>`}</label>
    ${control({ id, 'aria-describedby': told, 'aria-invalid': error ? 'true' : undefined })}
    ${hint && html`<p class="hint" id=${`${id}-hint`}>${hint}</p>`}
    ${error && html`<${FieldError} id=${`${id}-error`} text=${error} />`}</div>`
}

/** @param {{ id?: string, text: string }} props */
export function FieldError({ id, text }) {
  return html`<p class="err" id=${id}><${Icon} name="circle-alert" size="s" /><span>${text}</span></p>`
}

/**
 * A line of text. What is not named here goes to the `<input>`.
 * @param {{ label: any, value: string, onInput: (value: string) => void, optional?: any, end?: any, hint?: any,
 *   error?: string | null, mono?: boolean } & Record<string, any>} props
 */
export function TextField({ label, value, onInput, optional, end, hint, error, mono, class: more, ...rest }) {
  return html`<${Field} ...${{ label, optional, end, hint, error, class: more }} control=${(/** @type {any} */ bind) =>
    html`<input class=${names('in', mono && 'mono')} value=${value} ...${rest} ...${bind}
      onInput=${(/** @type {any} */ event) => onInput(event.target.value)} />`} />`
}

/** What was typed where a number belongs: null for nothing; what is no number as it is, so that the
 * server says what is wrong with it. @param {string} text */
export function numeric(text) {
  const trimmed = text.trim()
  if (trimmed === '') return null
  return Number.isNaN(Number(trimmed)) ? trimmed : Number(trimmed)
}

/** Several lines of text. @param {any} props as of a TextField */
export function TextArea({ label, value, onInput, optional, end, hint, error, mono, class: more, ...rest }) {
  return html`<${Field} ...${{ label, optional, end, hint, error, class: more }} control=${(/** @type {any} */ bind) =>
    html`<textarea class=${names('in', mono && 'mono')} value=${value} ...${rest} ...${bind}
      onInput=${(/** @type {any} */ event) => onInput(event.target.value)}></textarea>`} />`
}

/**
 * One of a list.
 * @param {{ label: any, value: string, options: readonly { value: string, label: any, disabled?: boolean }[],
 *   onChange: (value: string) => void, optional?: any, hint?: any, error?: string | null } & Record<string, any>} props
 */
export function SelectField({ label, value, options, onChange, optional, hint, error, class: more, ...rest }) {
  return html`<${Field} ...${{ label, optional, hint, error, class: more }} control=${(/** @type {any} */ bind) =>
    html`<${Select} ...${rest} ...${bind} value=${value} options=${options} onChange=${onChange} />`} />`
}

/** A select without a label of its own; give it `aria-label`. @param {any} props */
export function Select({ value, options, onChange, class: more, ...rest }) {
  return html`<select class=${names('in', more)} ...${rest} value=${value}
    onChange=${(/** @type {any} */ event) => onChange(event.target.value)}>
    ${options.map((/** @type {any} */ it) => html`<option key=${it.value} value=${it.value} disabled=${it.disabled}
      selected=${it.value === value}>${it.label}</option>`)}</select>`
}

/** @param {{ checked: boolean, onChange: (checked: boolean) => void, children: any, small?: boolean } & Record<string, any>} props */
export function Check({ checked, onChange, children, small, ...rest }) {
  return html`<label class=${names('check', small && 'small')}><input type="checkbox" checked=${checked} ...${rest}
    onChange=${(/** @type {any} */ event) => onChange(event.target.checked)} /><span>${children}</span></label>`
}

/** Something that is on or off at once. @param {{ checked: boolean, onChange: (checked: boolean) => void, label: string,
 *   shown?: boolean, disabled?: boolean }} props */
export function Switch({ checked, onChange, label, shown, disabled }) {
  return html`<label class="switch"><input type="checkbox" role="switch" checked=${checked} disabled=${disabled}
    onChange=${(/** @type {any} */ event) => onChange(event.target.checked)} />
    <span class=${shown ? '' : 'sr'}>${label}</span></label>`
}

/**
 * One of a few, all seen at once.
 * @param {{ label: any, optional?: any, value: string, name: string, kind?: 'join' | 'shape' | '', hint?: any, error?: string | null,
 *   options: readonly { value: string, label: any, disabled?: boolean, why?: string }[], onChange: (value: string) => void }} props
 */
export function Segments({ label, optional, value, name, kind = 'join', hint, error, options, onChange }) {
  return html`<fieldset class="field"><legend class="lab"><span>${label}</span>
    ${optional && html`<span class="opt">${optional}</span>`}</legend>
    <div class=${names('seg', kind)}>${options.map((it) => html`<label key=${it.value} title=${it.why}>
      <input type="radio" name=${name} value=${it.value} checked=${it.value === value} disabled=${it.disabled}
        onChange=${() => onChange(it.value)} /><span class="o">${it.label}</span></label>`)}</div>
    ${hint}${error && html`<${FieldError} text=${error} />`}</fieldset>`
}

/** Like segments, with a card each. @param {any} props as of Segments */
export function Cards({ label, optional, value, name, options, onChange, columns, error }) {
  const cards = options.map((/** @type {any} */ it) => html`<label key=${it.value}>
    <input type="radio" name=${name} value=${it.value} checked=${it.value === value} disabled=${it.disabled}
      onChange=${() => onChange(it.value)} /><span class="o">${it.label}</span></label>`)
  return html`<fieldset class="field"><legend class="lab"><span>${label}</span>
    ${optional && html`<span class="opt">${optional}</span>`}</legend>
    <div class="cards">${columns ? html`<div class="grid2">${cards}</div>` : cards}</div>
    ${error && html`<${FieldError} text=${error} />`}</fieldset>`
}

/** What the server said of one field, and the rest, which stands over the form. Focus goes to the
 * first wrong field.
 * @param {import('../core/api.js').ApiFailure | null} error @param {readonly string[]} fields */
export function useFieldErrors(error, fields) {
  const form = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    if (!error) return
    const wrong = form.current?.querySelector('[aria-invalid="true"]')
    if (wrong instanceof HTMLElement) wrong.focus()
  }, [error])
  const param = (error?.param ?? '').split(/[.[]/)[0]
  const isKnown = fields.includes(param)
  return {
    form,
    /** @param {string} name */
    of: (name) => (isKnown && param === name ? (error?.message ?? null) : null),
    rest: isKnown ? null : error,
  }
}
