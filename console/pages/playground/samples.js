// Prompts to begin with.

import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { Icon } from '../../ui/icon.js'

/** @typedef {{ id: string, seconds: number, ratio: string }} Sample */

/** @type {readonly Sample[]} */
export const SAMPLES = [
  { id: 'car', seconds: 6, ratio: '16:9' },
  { id: 'boat', seconds: 8, ratio: '16:9' },
  { id: 'bottle', seconds: 6, ratio: '1:1' },
  { id: 'train', seconds: 4, ratio: '9:16' },
]

/** The words of a sample, in the language in use. @param {Sample} sample */
export const promptOf = (sample) => t(`playground.sample.${sample.id}`)

/** @param {{ onPick: (sample: Sample) => void }} props */
export function Samples({ onPick }) {
  return html`<div class="stack tight">${SAMPLES.map((it) => html`<button key=${it.id} class="btn opener" type="button" onClick=${() => onPick(it)}>
    <${Icon} name="clapperboard" /><span><b>${t(`playground.sampleName.${it.id}`)}</b><span class="sub">${promptOf(it)}</span></span></button>`)}</div>`
}
