// Whether the gateway answers.
//
// Guarantees: from the first request that comes to nothing it is asked again and again, and when it
// answers, what failed meanwhile is asked for anew; nobody has to load the page again.

import { signal } from '../vendor/signals.js'
import { PREFIX } from './place.js'

/** How long to wait before the gateway is asked whether it is back, in milliseconds. */
const PAUSE_MS = 2_000

/** Since when it does not answer, in milliseconds since 1970; 0 while it does. */
export const lostAt = signal(0)

/** How often it came back. */
export const returns = signal(0)

/** A request came to nothing. */
export function away() {
  if (lostAt.value) return
  lostAt.value = Date.now()
  setTimeout(ask, PAUSE_MS)
}

async function ask() {
  try {
    await fetch(`${PREFIX}/healthz`, { cache: 'no-store' })
  } catch {
    setTimeout(ask, PAUSE_MS)
    return
  }
  lostAt.value = 0
  returns.value += 1
}
