// What can be done with a row: a button that opens a list of actions.

import { html, useId } from '../core/html.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { Icon } from './icon.js'

/**
 * @typedef {object} Action
 * @property {string} label
 * @property {string} [icon]
 * @property {boolean} [danger]
 * @property {string} [href]
 * @property {() => void} [act]
 */

/** @param {{ label: string, actions: readonly (Action | null | false | undefined)[], icon?: string, children?: any }} props */
export function Menu({ label, actions, icon = 'ellipsis', children }) {
  const [open, setOpen] = useState(false)
  const home = useRef(/** @type {HTMLElement | null} */ (null))
  const id = useId('menu')
  useEffect(() => {
    if (!open) return undefined
    const first = home.current?.querySelector('[role=menuitem]')
    if (first instanceof HTMLElement) first.focus()
    const away = (/** @type {Event} */ event) => {
      if (event.target instanceof Node && !home.current?.contains(event.target)) setOpen(false)
    }
    document.addEventListener('pointerdown', away)
    return () => document.removeEventListener('pointerdown', away)
  }, [open])
  const close = () => {
    setOpen(false)
    const button = home.current?.querySelector('button')
    if (button) button.focus()
  }
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key === 'Escape' && open) {
      event.stopPropagation()
      event.preventDefault()
      close()
    }
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') move(event, home.current)
  }
  const items = /** @type {Action[]} */ (actions.filter(Boolean))
  return html`<div class="menu" ref=${home} onKeyDown=${key}>
    <button class=${children ? 'btn' : 'btn quiet icon sm'} type="button" aria-haspopup="menu" aria-expanded=${open} aria-controls=${id}
      aria-label=${children ? undefined : label} title=${children ? undefined : label} onClick=${() => setOpen(!open)}>${children ?? html`<${Icon} name=${icon} />`}</button>
    ${open && html`<div class="menu-list" role="menu" id=${id} aria-label=${label}>${items.map((it) => item(it, close))}</div>`}</div>`
}

/** @param {Action} it @param {() => void} close */
function item(it, close) {
  const inner = html`${it.icon && html`<${Icon} name=${it.icon} size="s" />`}<span>${it.label}</span>`
  const style = it.danger ? 'danger' : undefined
  if (it.href) return html`<a role="menuitem" class=${style} href=${it.href} onClick=${close}>${inner}</a>`
  return html`<button type="button" role="menuitem" class=${style} onClick=${() => { close(); it.act?.() }}>${inner}</button>`
}

/** @param {KeyboardEvent} event @param {HTMLElement | null} home */
function move(event, home) {
  const items = [...(home?.querySelectorAll('[role=menuitem]') ?? [])]
  const at = items.indexOf(/** @type {Element} */ (document.activeElement))
  if (at < 0) return
  event.preventDefault()
  const next = items[(at + (event.key === 'ArrowDown' ? 1 : items.length - 1)) % items.length]
  if (next instanceof HTMLElement) next.focus()
}
