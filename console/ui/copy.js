// Copying to the clipboard.

import { say, toast } from '../core/announce.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useState } from '../vendor/hooks.js'
import { Button } from './button.js'

/** For how long a button says that it copied, in milliseconds. */
const SAID_MS = 1_600

/** Copies exactly this text; true if it could. Off a secure connection browsers have no clipboard for
 * pages: then what is selected is copied as by hand. @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text)
    return true
  } catch {
    return copySelected(text)
  }
}

/** @param {string} text */
function copySelected(text) {
  const area = document.createElement('textarea')
  area.value = text
  area.className = 'sr'
  // Inside an open dialog, since nothing outside it can be selected.
  const home = document.querySelector('dialog[open]') ?? document.body
  home.append(area)
  area.select()
  const done = document.execCommand('copy')
  area.remove()
  return done
}

/** @param {{ text: string | (() => string | Promise<string>), label?: string, icon?: string, small?: boolean,
 *   kind?: any, bare?: boolean, onCopied?: () => void }} props */
export function CopyButton({ text, label, icon = 'copy', small, kind, bare, onCopied }) {
  const [done, setDone] = useState(false)
  const act = async () => {
    const value = typeof text === 'function' ? await text() : text
    if (!(await copyText(value))) return toast(t('shell.copyFailed'), { tone: 'bad' })
    setDone(true)
    say(t('shell.copied'))
    onCopied?.()
    setTimeout(() => setDone(false), SAID_MS)
    return undefined
  }
  const word = label ?? t('shell.copy')
  const shown = done ? t('shell.copied') : word
  if (bare) return html`<${Button} kind="quiet" small icon=${done ? 'check' : icon} label=${shown} onClick=${act} />`
  // Both words take their place, so that nothing moves when one is shown for the other.
  return html`<${Button} kind=${kind} small=${small} icon=${done ? 'check' : icon} onClick=${act}>
    <span class="swap"><span class=${done ? 'gone' : ''} aria-hidden=${done}>${word}</span>
    <span class=${done ? '' : 'gone'} aria-hidden=${!done}>${t('shell.copied')}</span></span><//>`
}
