// What this browser remembers of a person's choices; never a secret.

const STEM = 'rushes.'

/** @param {string} name @returns {string | null} */
export function recall(name) {
  try {
    return localStorage.getItem(STEM + name)
  } catch {
    return null
  }
}

/** Null forgets. @param {string} name @param {string | null} value */
export function keep(name, value) {
  try {
    if (value === null) localStorage.removeItem(STEM + name)
    else localStorage.setItem(STEM + name, value)
  } catch {
    // A browser that keeps nothing: the choice holds for this page.
  }
}
