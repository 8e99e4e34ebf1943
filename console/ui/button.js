// Buttons, and links that look like them.

import { html, names } from '../core/html.js'
import { Icon } from './icon.js'

/**
 * @typedef {object} ButtonProps
 * @property {'lamp' | 'quiet' | 'danger' | 'plain'} [kind] `lamp` is the one main action of a view.
 * @property {string} [icon]
 * @property {boolean} [small]
 * @property {string} [label] The word for a button that shows its icon alone.
 * @property {string} [href] Makes it a link.
 * @property {boolean | string} [download]
 * @property {boolean} [busy] Whether what it began goes on; it takes no click then.
 * @property {boolean} [disabled]
 * @property {'button' | 'submit'} [type]
 * @property {(event: any) => void} [onClick]
 * @property {string} [class]
 * @property {import('../core/html.js').Children} [children]
 */

/** @param {ButtonProps & Record<string, any>} props */
export function Button({ kind = 'plain', icon, small, label, href, busy, children, class: more, ...rest }) {
  const isBare = icon && !children
  const style = names('btn', kind !== 'plain' && kind, small && 'sm', isBare && 'icon', busy && 'busy', more)
  const symbol = busy ? 'loader-circle' : icon
  const inner = html`${symbol && html`<${Icon} name=${symbol} size=${small ? 's' : undefined} />`}
    ${children && html`<span>${children}</span>`}`
  if (href) return html`<a class=${style} href=${href} aria-label=${label} title=${isBare ? label : undefined} ...${rest}>${inner}</a>`
  const { type = 'button', disabled, ...others } = rest
  return html`<button class=${style} type=${type} disabled=${disabled || busy} aria-busy=${busy ? 'true' : undefined}
    aria-label=${label} title=${isBare ? label : undefined} ...${others}>${inner}</button>`
}
