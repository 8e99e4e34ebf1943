// Symbols.

import { html, names } from '../core/html.js'
import { ICONS } from './icons.js'

/** A symbol beside a word; alone it needs a word of its own for who does not see it.
 * @param {{ name: string, size?: 's' | 'l', label?: string, class?: string }} props */
export function Icon({ name, size, label, class: more }) {
  const inner = { __html: ICONS[name] ?? ICONS.circle }
  return html`<svg class=${names('i', size, more)} viewBox="0 0 24 24" role=${label ? 'img' : undefined}
    aria-label=${label} aria-hidden=${label ? undefined : 'true'} dangerouslySetInnerHTML=${inner}></svg>`
}

/** The mark of Rushes. */
export function Mark() {
  return html`<svg class="mark" viewBox="0 0 28 28" aria-hidden="true">
    <rect class="a" x="2" y="12" width="24" height="14" rx="2.5"/>
    <path class="a" d="M2.6 9.6 24 3.2a1.6 1.6 0 0 1 2 1l.7 2.3-23.3 6.9-1.1-2.2a1.2 1.2 0 0 1 .3-1.6z"/>
    <path class="b" d="m7.2 8.2 4.2-1.3 1.2 3.2-4.2 1.2zM14.9 5.9l4.2-1.2 1.2 3.1-4.2 1.3z"/>
    <circle class="l" cx="20.6" cy="19" r="3"/><path class="b" d="M6 17h8v1.7H6zM6 20.6h5.4v1.7H6z"/></svg>`
}
