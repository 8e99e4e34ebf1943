// Templates: `html` makes a tree of Preact from a literal.

import htm from '../vendor/htm.js'
import { useState } from '../vendor/hooks.js'
import { h } from '../vendor/preact.js'

export const html = htm.bind(h)

/** @typedef {import('../vendor/preact.js').ComponentChildren} Children */

let count = 0

/** An id for a label and what it names; unique in this document. @param {string} stem */
export function newId(stem) {
  count += 1
  return `${stem}-${count}`
}

/** The same id as long as a component is shown. @param {string} stem */
export function useId(stem) {
  return useState(() => newId(stem))[0]
}

/** Class names that hold. @param {...(string | false | null | undefined)} names */
export function names(...names) {
  return names.filter(Boolean).join(' ')
}
