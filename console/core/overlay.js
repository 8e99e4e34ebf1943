// What lies over the whole frame, whichever page is shown: loaded when it is first wanted.

import { signal } from '../vendor/signals.js'
import { dress } from './style.js'

/** The component that is shown, or null. @type {import('../vendor/signals-core.js').Signal<any>} */
export const overlay = signal(null)

/** Shows a component over the frame, once the styles of dialogs are there. @param {any} component */
export async function cover(component) {
  await dress('pages')
  overlay.value = component
}
