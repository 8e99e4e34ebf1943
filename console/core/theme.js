// Light or dark: the system's, or what was chosen here.

import { signal } from '../vendor/signals.js'
import { keep, recall } from './memory.js'

/** @typedef {'light' | 'dark' | 'system'} Theme */

/** @type {import('../vendor/signals-core.js').Signal<Theme>} */
export const theme = signal(chosen())

/** @returns {Theme} */
function chosen() {
  const word = new URLSearchParams(location.search).get('theme') ?? recall('theme')
  return word === 'light' || word === 'dark' ? word : 'system'
}

/** Tells the document. */
export function show() {
  const { dataset } = document.documentElement
  if (theme.value === 'system') delete dataset.theme
  else dataset.theme = theme.value
}

/** @param {Theme} wanted */
export function setTheme(wanted) {
  keep('theme', wanted === 'system' ? null : wanted)
  theme.value = wanted
  show()
}

/** To the other side of what is seen now. */
export function toggle() {
  const isDark =
    theme.value === 'system' ? matchMedia('(prefers-color-scheme: dark)').matches : theme.value === 'dark'
  setTheme(isDark ? 'light' : 'dark')
}
