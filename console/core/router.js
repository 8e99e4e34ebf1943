// Addresses of the console, by the browser's history.
//
// Guarantees: a link inside the console changes the page without loading it anew; what a list shows
// stands in the address, so that a link and the browser's arrows lead back to it.

import { signal } from '../vendor/signals.js'
import { BASE } from './place.js'

/** Where we are: the path below the console's, and the parameters. */
export const place = signal(read())

function read() {
  const path = location.pathname.startsWith(BASE) ? location.pathname.slice(BASE.length) : '/'
  return { path: path.replace(/\/+$/, '') || '/', query: new URLSearchParams(location.search) }
}

/** The address of a path below the console's. @param {string} path */
export const to = (path) => `${BASE}${path === '/' ? '/' : path}`

/** Goes to a path below the console's.
 * @param {string} path @param {{ replace?: boolean }} [options] */
export function go(path, options = {}) {
  if (options.replace) history.replaceState(null, '', to(path))
  else history.pushState(null, '', to(path))
  place.value = read()
}

/** Changes parameters of the address; null takes one away. What a person types replaces the
 * address, what they choose adds to the history.
 * @param {Record<string, string | number | null | undefined>} changes
 * @param {{ replace?: boolean }} [options] */
export function setQuery(changes, options = {}) {
  const query = new URLSearchParams(place.value.query)
  for (const [name, value] of Object.entries(changes)) {
    if (value == null || value === '') query.delete(name)
    else query.set(name, String(value))
  }
  const text = query.toString()
  go(place.value.path + (text ? `?${text}` : ''), options)
}

/** Follows a pattern like `/tasks/:id`; the values, or null.
 * @param {string} pattern @param {string} path @returns {Record<string, string> | null} */
export function match(pattern, path) {
  const wanted = pattern.split('/')
  const given = path.split('/')
  if (wanted.length !== given.length) return null
  /** @type {Record<string, string>} */
  const values = {}
  for (const [at, part] of wanted.entries()) {
    if (part.startsWith(':')) values[part.slice(1)] = decode(given[at])
    else if (part !== given[at]) return null
  }
  return values
}

/** @param {string} text */
function decode(text) {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** Watches links and the browser's arrows. */
export function start() {
  addEventListener('popstate', () => {
    place.value = read()
  })
  document.addEventListener('click', (event) => {
    const link = event.target instanceof Element ? event.target.closest('a[href]') : null
    if (!(link instanceof HTMLAnchorElement) || !isOurs(event, link)) return
    event.preventDefault()
    go(link.pathname.slice(BASE.length) + link.search)
  })
}

/** @param {MouseEvent} event @param {HTMLAnchorElement} link */
function isOurs(event, link) {
  const isPlain = event.button === 0 && !(event.metaKey || event.ctrlKey || event.shiftKey || event.altKey)
  const isHere = link.origin === location.origin && `${link.pathname}/`.startsWith(`${BASE}/`)
  const isPage = !link.hash && !link.target && !link.hasAttribute('download')
  return isPlain && isHere && isPage && !event.defaultPrevented
}
