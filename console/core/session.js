// Who is signed in.
//
// Guarantees: the session itself is a cookie that no script can read; here is only what the API says
// about it. `undefined` is not known yet, null is nobody.

import { signal } from '../vendor/signals.js'
import { ApiFailure, get, post, whenSignedOut } from './api.js'
import { BASE } from './place.js'

/** @type {import('../vendor/signals-core.js').Signal<any>} */
export const session = signal(undefined)

/** The money of the account, asked for again when a task starts or ends. */
export const balance = signal(/** @type {any} */ (null))

/** Asks who is signed in. */
export async function refresh() {
  try {
    session.value = await get('/api/session', undefined, { quiet: true })
    balance.value = session.value.account.balance
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.status !== 401) throw error
    session.value = null
  }
}

/** Asks for the money again; a failure leaves what is shown. */
export async function refreshBalance() {
  await refresh().catch(() => {})
}

/** @param {{ name: string, password: string } | { token: string }} way */
export async function signIn(way) {
  await post('/api/login', way, { quiet: true })
  await refresh()
}

/** Signs out. What was typed and shown goes with the page: the next person at this screen is another. */
export async function signOut() {
  await post('/api/logout')
  sessionStorage.clear()
  location.assign(`${BASE}/login`)
}

export const isOperator = () => ['owner', 'operator'].includes(session.value?.account?.role)

whenSignedOut(() => {
  session.value = null
})

/** Does something that needs a password that was shown within ten minutes: asks for it if the API
 * wants it, and does it again. Null if the person did not.
 * @template T @param {() => Promise<T>} act @returns {Promise<T | null>} */
export async function withPassword(act) {
  try {
    return await act()
  } catch (error) {
    if (!(error instanceof ApiFailure) || error.code !== 'confirmation_required') throw error
  }
  const { askPassword } = await import('../ui/confirm.js')
  return (await askPassword()) ? act() : null
}
