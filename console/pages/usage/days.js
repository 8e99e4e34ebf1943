// Days of UTC, as `2026-11-22`.

import { tag } from '../../core/i18n.js'

const DAY_MS = 86_400_000

/** @param {string} day */
const ms = (day) => Date.parse(`${day}T00:00:00Z`)

/** @param {number} at in milliseconds since 1970 */
const day = (at) => new Date(at).toISOString().slice(0, 10)

export const today = () => day(Date.now())

/** Whether a text is a day that there is. @param {string} text */
export const isDay = (text) => /^\d{4}-\d\d-\d\d$/.test(text) && Number.isFinite(ms(text)) && day(ms(text)) === text

/** The first of so many days that end with one. @param {string} last @param {number} count */
export const firstOf = (last, count) => day(ms(last) - (count - 1) * DAY_MS)

/** How many days lie between. @param {string} later @param {string} earlier */
export const minus = (later, earlier) => Math.round((ms(later) - ms(earlier)) / DAY_MS)

/** All days from one to another. @param {string} first @param {string} last */
export const daysOf = (first, last) => Array.from({ length: minus(last, first) + 1 }, (_, at) => day(ms(first) + at * DAY_MS))

/** When a day begins, in seconds since 1970. @param {string} text */
export const startOf = (text) => ms(text) / 1_000

/** When the day after it begins. @param {string} text */
export const endOf = (text) => (ms(text) + DAY_MS) / 1_000

/** A day as people write it; its zone is UTC, whatever theirs. @param {string} text @param {boolean} [isLong] */
export const dayText = (text, isLong) =>
  new Intl.DateTimeFormat(tag(), isLong
    ? { timeZone: 'UTC', year: 'numeric', month: 'short', day: 'numeric', weekday: 'short' }
    : { timeZone: 'UTC', month: 'short', day: 'numeric' }).format(ms(text))
