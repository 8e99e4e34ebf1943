// Style sheets that only some pages need.

/** @type {Map<string, Promise<void>>} */
const asked = new Map()

/** Loads a style sheet of `styles/` once; done when it applies. One that cannot be had is asked for
 * again with the next page, and the page is shown without it.
 * @param {string} name @returns {Promise<void>} */
export function dress(name) {
  const known = asked.get(name)
  if (known) return known
  const link = document.createElement('link')
  link.rel = 'stylesheet'
  link.href = new URL(`../styles/${name}.css`, import.meta.url).href
  /** @type {Promise<void>} */
  const done = new Promise((resolve) => {
    link.onload = () => resolve()
    link.onerror = () => {
      asked.delete(name)
      link.remove()
      resolve()
    }
  })
  asked.set(name, done)
  document.head.append(link)
  return done
}
