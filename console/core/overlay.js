// What lies over the whole frame, whichever page is shown: loaded when it is first wanted.

import { signal } from '../vendor/signals.js'

/** The component that is shown, or null. @type {import('../vendor/signals-core.js').Signal<any>} */
export const overlay = signal(null)
