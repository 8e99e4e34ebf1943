// A field to search a list by.

import { html } from '../core/html.js'
import { place, setQuery } from '../core/router.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { Icon } from './icon.js'

/** How long after the last letter a search begins, in milliseconds. */
const TYPED_MS = 300

/** A word to look for: it goes into the address a moment after the last letter, and the list begins
 * anew. @param {{ label: string, param?: string, resets?: readonly string[], placeholder?: string, list?: string }} props */
export function Search({ label, param = 'search', resets = [], placeholder, list }) {
  const shown = place.value.query.get(param) ?? ''
  const [text, setText] = useState(shown)
  const timer = useRef(0)
  // What the address says, unless somebody is typing: the browser's arrows change it too.
  useEffect(() => {
    if (!timer.current) setText((was) => (was.trim() === shown ? was : shown))
  }, [shown])
  useEffect(() => () => clearTimeout(timer.current), [])
  const look = (/** @type {string} */ word) => {
    clearTimeout(timer.current)
    timer.current = 0
    const cleared = Object.fromEntries(resets.map((name) => [name, null]))
    if (word !== (place.value.query.get(param) ?? '')) setQuery({ ...cleared, [param]: word }, { replace: true })
  }
  const type = (/** @type {any} */ event) => {
    const word = event.target.value
    setText(word)
    clearTimeout(timer.current)
    timer.current = window.setTimeout(() => look(word.trim()), TYPED_MS)
  }
  return html`<form class="row" role="search" aria-label=${label} onSubmit=${(/** @type {Event} */ event) => { event.preventDefault(); look(text.trim()) }}>
    <${Icon} name="search" size="s" /><input class="in" type="search" aria-label=${label} placeholder=${placeholder ?? label} value=${text}
      list=${list} autocomplete="off" autocapitalize="none" spellcheck=${false} onInput=${type} /></form>`
}
