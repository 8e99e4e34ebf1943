// Texts in the person's language.
//
// A catalogue is a file of `i18n/<language>/`, loaded with the page that needs it. A text is a
// string, or a function of what it has to say. Guarantees: the language is what was chosen here, else
// what the browser asks for first; changing it changes all texts at once. A test compares the
// catalogues: same keys, none unused, none missing.

import { signal } from '../vendor/signals.js'
import { recall, keep } from './memory.js'

/** @typedef {'en' | 'zh'} Language */
/** @typedef {string | ((...values: any[]) => string)} Text */

/** @type {readonly Language[]} */
const LANGUAGES = ['en', 'zh']

/** @type {Record<Language, Map<string, Record<string, Text>>>} */
const loaded = { en: new Map(), zh: new Map() }

/** The language in use. @type {import('../vendor/signals-core.js').Signal<Language>} */
export const language = signal(preferred())

/** @returns {Language} */
function preferred() {
  const chosen = new URLSearchParams(location.search).get('lang') ?? recall('language')
  if (chosen === 'en' || chosen === 'zh') return chosen
  const asked = navigator.languages.map((it) => it.slice(0, 2).toLowerCase())
  return LANGUAGES.find((it) => it === asked.find((tag) => tag === 'en' || tag === 'zh')) ?? 'en'
}

/** The tag for `lang` and for `Intl`. */
export const tag = () => (language.value === 'zh' ? 'zh-CN' : 'en')

/** Loads a catalogue in the language in use. @param {...string} parts */
export async function load(...parts) {
  const wanted = language.value
  await loadIn(wanted, parts)
  // The language was changed meanwhile.
  if (language.value !== wanted) await load(...parts)
}

/** @param {Language} wanted @param {Iterable<string>} parts */
async function loadIn(wanted, parts) {
  const missing = [...parts].filter((part) => !loaded[wanted].has(part))
  const modules = await Promise.all(missing.map((part) => import(`../i18n/${wanted}/${part}.js`)))
  for (const [at, part] of missing.entries()) loaded[wanted].set(part, modules[at].default)
}

/** Changes the language, with all that is on the page. @param {Language} wanted */
export async function speak(wanted) {
  // Also what a page loads meanwhile.
  for (let count = -1; count < loaded[language.value].size;) {
    count = loaded[language.value].size
    await loadIn(wanted, loaded[language.value].keys())
  }
  keep('language', wanted)
  language.value = wanted
  show()
}

/** Tells the document. */
export function show() {
  document.documentElement.lang = tag()
}

/** The text with this name, `part.name`. @param {string} key @param {...any} values */
export function t(key, ...values) {
  const dot = key.indexOf('.')
  const text = loaded[language.value].get(key.slice(0, dot))?.[key.slice(dot + 1)]
  if (text === undefined) {
    console.error(`there is no text ${key} in ${language.value}`)
    return key
  }
  return typeof text === 'function' ? text(...values) : text
}

/** The text with this name if there is one, else another: for words that a newer gateway may send.
 * @param {string} key @param {string} otherwise */
export function tOr(key, otherwise) {
  const dot = key.indexOf('.')
  const text = loaded[language.value].get(key.slice(0, dot))?.[key.slice(dot + 1)]
  return typeof text === 'string' ? text : otherwise
}
