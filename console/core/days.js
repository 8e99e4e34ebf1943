// Days in the person's zone, which may be another than the browser's.

import { zone } from './format.js'

const DAY_SECONDS = 86_400

/** When a day begins in the person's zone, in seconds since 1970; null for what is no day.
 * @param {string | null} day such as `2026-11-28` @param {number} [later] so many days later */
export function dayStart(day, later = 0) {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(day ?? '')
  if (!found) return null
  const noon = Date.UTC(Number(found[1]), Number(found[2]) - 1, Number(found[3])) / 1_000 + later * DAY_SECONDS
  // The distance to UTC at the day's beginning may be another than at the same hour in UTC.
  const near = noon - distance(noon)
  return noon - distance(near)
}

/** The last second of a day in the person's zone, in seconds since 1970; null for what is no day. @param {string} day */
export function dayEnd(day) {
  const next = dayStart(day, 1)
  return next === null ? null : next - 1
}

/** The day of a moment, as a field for dates has it. @param {number} seconds since 1970 */
export function dayOf(seconds) {
  const { year, month, day } = parts(seconds)
  return [String(year).padStart(4, '0'), ...[month, day].map((it) => String(it).padStart(2, '0'))].join('-')
}

/** By how much the clocks of the person's zone are ahead of UTC, in seconds. @param {number} seconds since 1970 */
function distance(seconds) {
  const { year, month, day, hour, minute, second } = parts(seconds)
  return Date.UTC(year, month - 1, day, hour, minute, second) / 1_000 - seconds
}

/** @param {number} seconds since 1970 @returns {Record<string, number>} */
function parts(seconds) {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone(), hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric',
  })
  return Object.fromEntries(format.formatToParts(seconds * 1_000).map(({ type, value }) => [type, Number(value)]))
}
