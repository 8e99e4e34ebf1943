// Code to read and copy, in tabs.

import { html, useId } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useState } from '../vendor/hooks.js'
import { CopyButton } from './copy.js'

const WORDS = {
  json: /("(?:[^"\\]|\\.)*")(\s*:)?|\b(?:true|false|null)\b|-?\b\d+(?:\.\d+)?\b/g,
  shell: /("(?:[^"\\]|\\.)*"|'[^']*')|\b(curl|export)\b|(#.*)/g,
  script: /("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|`[^`]*`)|\b(import|from|const|await|new|print|for|if|in|return|async|function)\b|((?:\/\/|#).*)/g,
}

/** @param {string} text @param {keyof typeof WORDS} kind */
function paint(text, kind) {
  const parts = []
  let end = 0
  for (const found of text.matchAll(WORDS[kind])) {
    parts.push(text.slice(end, found.index))
    end = found.index + found[0].length
    parts.push(html`<span class=${kindOf(found, kind)}>${found[1] ?? found[0]}</span>`, kind === 'json' && found[2])
  }
  return [...parts, text.slice(end)]
}

/** @param {RegExpMatchArray} found @param {keyof typeof WORDS} kind */
function kindOf(found, kind) {
  if (kind === 'json') return found[2] ? 'k' : found[1] ? 's' : 'n'
  return found[1] ? 's' : found[3] ? 'c' : 'k'
}

/**
 * @typedef {{ id: string, label: string, text: string, kind?: keyof typeof WORDS }} Sample
 * @param {{ samples: readonly Sample[], label: string }} props
 */
export function Code({ samples, label }) {
  const [chosen, setChosen] = useState(samples[0]?.id)
  const id = useId('code')
  const shown = samples.find((it) => it.id === chosen) ?? samples[0]
  if (!shown) return null
  const arrow = (/** @type {KeyboardEvent} */ event) => {
    const step = { ArrowRight: 1, ArrowLeft: samples.length - 1 }[event.key]
    if (!step) return
    const next = samples[(samples.indexOf(shown) + step) % samples.length]
    setChosen(next.id)
    document.getElementById(`${id}-${next.id}`)?.focus()
  }
  return html`<div class="code"><div class="bar"><div class="row gap-0" role="tablist" aria-label=${label} onKeyDown=${arrow}>
      ${samples.map((it) => html`<button key=${it.id} id=${`${id}-${it.id}`} type="button" role="tab" aria-selected=${it === shown}
        aria-controls=${id} tabindex=${it === shown ? 0 : -1} onClick=${() => setChosen(it.id)}>${it.label}</button>`)}</div>
      <span class="end"><${CopyButton} small kind="quiet" text=${shown.text} label=${t('shell.copy')} /></span></div>
    <pre id=${id} role="tabpanel" tabindex="0" aria-labelledby=${`${id}-${shown.id}`}><code>${paint(shown.text, shown.kind ?? 'script')}</code></pre></div>`
}
