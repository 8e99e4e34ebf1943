// Where this gateway is: the console works at any name of it and below any path.

const root = document.documentElement
const here = new URL(import.meta.url).pathname

/** What stands before every path of the gateway: nothing, or the path that a proxy put it at. */
export const PREFIX = here.slice(0, here.lastIndexOf('/console/assets/'))

/** What every page of the console begins with. */
export const BASE = `${PREFIX}/console`

/** The address under which clients reach the gateway, for examples. */
export const PUBLIC_URL = root.dataset.publicUrl ?? location.origin

/** The gateway's version. */
export const VERSION = root.dataset.version ?? ''

/** A file's link as this page may load it: the gateway signs links for its public name, and the
 * console may be open under another one (`localhost`). @param {string} url */
export const local = (url) => (url.startsWith(`${PUBLIC_URL}/`) ? PREFIX + url.slice(PUBLIC_URL.length) : url)
