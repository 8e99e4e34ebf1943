// Sums over money: exact, in ticks, of which a dollar has ten thousand million.

const DECIMALS = 10
const TICKS_PER_DOLLAR = 10n ** BigInt(DECIMALS)
/** Decimals of a factor. */
const FACTOR_DECIMALS = 6

/** A number with at most so many decimals as a whole number of its smallest parts; null for what is
 * none. @param {string} text @param {number} decimals @returns {bigint | null} */
function whole(text, decimals) {
  const found = /^\s*(-?)(\d{1,12})(?:\.(\d*))?\s*$/.exec(text)
  if (!found || (found[3] ?? '').length > decimals) return null
  const size = BigInt(found[2] + (found[3] ?? '').padEnd(decimals, '0'))
  return found[1] ? -size : size
}

/** Dollars as somebody wrote them, in ticks; null for what is no amount. @param {string} text */
export const ticksOf = (text) => whole(text, DECIMALS)

/** Ticks as the API says an amount. @param {bigint} ticks @returns {import('./format.js').Amount} */
export function amountOf(ticks) {
  const size = ticks < 0n ? -ticks : ticks
  const parts = String(size % TICKS_PER_DOLLAR).padStart(DECIMALS, '0').replace(/0{1,8}$/, '')
  return { amount: `${ticks < 0n ? '-' : ''}${size / TICKS_PER_DOLLAR}.${parts}`, ticks: String(ticks) }
}

/** An amount with the other sign. @param {import('./format.js').Amount} amount */
export const negated = (amount) => amountOf(-BigInt(amount.ticks))

/** Ticks times a factor such as `0.8`, rounded half up as the gateway does; null for what is no factor.
 * @param {bigint} ticks @param {string} factor */
export function times(ticks, factor) {
  const millionths = whole(factor, FACTOR_DECIMALS)
  if (millionths === null) return null
  const one = 10n ** BigInt(FACTOR_DECIMALS)
  return (ticks * millionths + one / 2n) / one
}
