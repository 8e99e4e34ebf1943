// What this browser remembers of a person's choices, and this tab of unfinished work; never a secret.

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

/** What this tab remembers until it is closed. @param {string} name @returns {string | null} */
export function recallHere(name) {
  try {
    return sessionStorage.getItem(STEM + name)
  } catch {
    return null
  }
}

/** Null forgets; false if the browser does not keep it. @param {string} name @param {string | null} value */
export function keepHere(name, value) {
  try {
    if (value === null) sessionStorage.removeItem(STEM + name)
    else sessionStorage.setItem(STEM + name, value)
    return true
  } catch {
    return false
  }
}
