// What is said to the person beside the page: short notes at its foot, and what a screen reader hears.

import { signal } from '../vendor/signals.js'

/** How long a note stays, in milliseconds; one with something to do stays longer. */
const SHOWN_MS = 5_000
const SHOWN_WITH_ACTION_MS = 10_000

/** @typedef {{ id: number, text: string, tone: 'good' | 'bad', action?: { label: string, act: () => void } }} Toast */

/** @type {import('../vendor/signals-core.js').Signal<Toast[]>} */
export const toasts = signal([])

/** What the polite live region holds. */
export const heard = signal('')

/** The dialogs that are open, the uppermost last: what is said is said there. */
export const stages = signal(/** @type {string[]} */ ([]))

let count = 0

/** @param {string} text @param {{ tone?: 'good' | 'bad', action?: Toast['action'] }} [options] */
export function toast(text, options = {}) {
  count += 1
  const id = count
  toasts.value = [...toasts.value, { id, text, tone: options.tone ?? 'good', action: options.action }].slice(-3)
  setTimeout(() => dismiss(id), options.action ? SHOWN_WITH_ACTION_MS : SHOWN_MS)
}

/** @param {number} id */
export function dismiss(id) {
  toasts.value = toasts.value.filter((it) => it.id !== id)
}

/** Tells a screen reader. @param {string} text */
export function say(text) {
  heard.value = heard.value === text ? `${text}\u00a0` : text
}
