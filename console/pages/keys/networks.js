// Whether an address is in a list of networks, as far as a warning needs it: IPv4 only. The gateway
// decides; what is not understood here warns of nothing.

/** @param {string} text @returns {number | null} */
function number(text) {
  const parts = text.split('.')
  if (parts.length !== 4 || parts.some((it) => !/^\d{1,3}$/.test(it) || Number(it) > 255)) return null
  return parts.reduce((sum, it) => sum * 256 + Number(it), 0)
}

/** @param {string} network @param {number} address @returns {boolean | null} */
function has(network, address) {
  const [stem, bits = '32'] = network.split('/')
  const first = number(stem)
  const length = Number(bits)
  if (first === null || !Number.isInteger(length) || length < 0 || length > 32) return null
  const size = 2 ** (32 - length)
  return Math.floor(first / size) === Math.floor(address / size)
}

/** @param {readonly string[]} networks @param {string} address */
export function shutsOut(networks, address) {
  const here = number(address)
  if (here === null || networks.length === 0) return false
  return networks.every((it) => has(it, here) === false)
}
