// Numbers, money and times as text, in the person's language and zone.

import { tag } from './i18n.js'
import { signal } from '../vendor/signals.js'
import { recall } from './memory.js'

const TICKS_PER_CENT = 100_000_000n

/** What stands where nothing is known. */
export const NONE = '—'

/** @typedef {{ amount: string, ticks: string }} Amount */

/** The zone that was chosen in the settings, if one was. */
export const chosenZone = signal(recall('zone'))

/** The zone of all times: what was chosen in the settings, else the browser's. */
export const zone = () =>
  chosenZone.value ?? Intl.DateTimeFormat().resolvedOptions().timeZone ?? 'UTC'

/** An amount as it is, to the hundredth of a cent, so that what is shown adds up; what is smaller than a cent, exactly.
 * @param {Amount | null | undefined} amount */
export function money(amount) {
  if (!amount) return NONE
  const ticks = BigInt(amount.ticks)
  const isWhole = ticks % TICKS_PER_CENT === 0n
  const isSmall = ticks < TICKS_PER_CENT && ticks > -TICKS_PER_CENT
  return !isWhole && (isSmall || ticks % (TICKS_PER_CENT / 100n) === 0n) ? exact(amount) : signed(cents(ticks))
}

/** An amount as it is, to the last digit. @param {Amount} amount */
export const exact = (amount) => signed(amount.amount)

/** @param {string} text */
const signed = (text) => (text.startsWith('-') ? `−$${text.slice(1)}` : `$${text}`)

/** @param {bigint} ticks */
function cents(ticks) {
  const size = ticks < 0n ? -ticks : ticks
  const rounded = (size + TICKS_PER_CENT / 2n) / TICKS_PER_CENT
  const whole = (rounded / 100n).toLocaleString('en-US')
  return `${ticks < 0n && rounded > 0n ? '-' : ''}${whole}.${String(rounded % 100n).padStart(2, '0')}`
}

/** Dollars as a number, for the height of bars. @param {Amount | null | undefined} amount */
export const dollars = (amount) => (amount ? Number(amount.ticks) / 1e10 : 0)

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export const number = (value, options) => new Intl.NumberFormat(tag(), options).format(value)

/** A share between 0 and 1. @param {number | null | undefined} share @param {number} [digits] */
export const percent = (share, digits = 1) =>
  share == null ? NONE : number(share, { style: 'percent', maximumFractionDigits: digits })

/** @param {number} seconds @param {Intl.DateTimeFormatOptions} options */
const moment = (seconds, options) =>
  new Intl.DateTimeFormat(tag(), { timeZone: zone(), ...options }).format(seconds * 1_000)

/** The time of day, for moments of today; else with the date. Seconds since 1970.
 * @param {number | null | undefined} seconds */
export function when(seconds) {
  if (seconds == null) return NONE
  const now = Date.now() / 1_000
  if (date(seconds) === date(now)) return time(seconds)
  /** @type {Intl.DateTimeFormatOptions} */
  const year = { year: 'numeric' }
  const isOfYear = moment(seconds, year) === moment(now, year)
  return moment(seconds, { ...(isOfYear ? {} : year), month: 'short', day: 'numeric', hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })
}

/** @param {number} seconds since 1970 */
export const time = (seconds) =>
  moment(seconds, { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' })

/** @param {number} ms since 1970 */
export const timeMs = (ms) =>
  moment(ms / 1_000, {
    hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3, hourCycle: 'h23',
  })

/** @param {number | null | undefined} seconds since 1970 */
export const date = (seconds) =>
  seconds == null ? NONE : moment(seconds, { year: 'numeric', month: 'short', day: 'numeric' })

/** The moment in full, with its zone. @param {number | null | undefined} seconds since 1970 */
export const full = (seconds) =>
  seconds == null ? NONE : moment(seconds, { dateStyle: 'full', timeStyle: 'long' })

const STEPS = /** @type {const} */ ([
  ['year', 31_536_000], ['month', 2_592_000], ['day', 86_400], ['hour', 3_600], ['minute', 60],
])

/** How long ago, or until when. @param {number | null | undefined} seconds since 1970 */
export function ago(seconds) {
  if (seconds == null) return NONE
  const distance = seconds - Date.now() / 1_000
  const relative = new Intl.RelativeTimeFormat(tag(), { numeric: 'auto', style: 'short' })
  for (const [unit, size] of STEPS) {
    if (Math.abs(distance) >= size) return relative.format(Math.trunc(distance / size), unit)
  }
  return relative.format(Math.trunc(distance), 'second')
}

/** A length of time. @param {number | null | undefined} ms */
export function duration(ms) {
  if (ms == null) return NONE
  if (ms < 1_000) return unit(Math.round(ms), 'millisecond')
  if (ms < 120_000) return unit(Math.round(ms / 100) / 10, 'second', 1)
  if (ms < 7_200_000) return both(ms / 60_000, 'minute', (ms % 60_000) / 1_000, 'second')
  if (ms < 172_800_000) return both(ms / 3_600_000, 'hour', (ms % 3_600_000) / 60_000, 'minute')
  return unit(Math.floor(ms / 86_400_000), 'day')
}

/** @param {number} more @param {string} large @param {number} less @param {string} small */
const both = (more, large, less, small) => unit(Math.floor(more), large) + (less < 1 ? '' : ` ${unit(Math.floor(less), small)}`)

/** @param {number} value @param {string} name @param {number} [digits] */
const unit = (value, name, digits = 0) =>
  // Between a number and a Chinese word there is a space, as everywhere here.
  number(value, { style: 'unit', unit: name, unitDisplay: 'short', minimumFractionDigits: digits }).replace(/(\d)(?=\p{Script=Han})/u, '$1 ')

const SIZES = /** @type {const} */ (['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'])

/** @param {number | null | undefined} count of bytes */
export function bytes(count) {
  if (count == null) return NONE
  const step = Math.min(SIZES.length - 1, Math.floor(Math.log10(Math.max(1, count)) / 3))
  return number(count / 1_000 ** step, {
    style: 'unit', unit: SIZES[step], unitDisplay: step === 0 ? 'long' : 'short', maximumFractionDigits: step > 1 ? 1 : 0,
  })
}
