// Whether somebody is pointing at a part of the page, or has the focus in it.

import { useEffect, useState } from '../vendor/hooks.js'

/** @param {{ current: HTMLElement | null }} home */
export function useIsPointed(home) {
  const [isPointed, setPointed] = useState(false)
  const element = home.current
  useEffect(() => {
    if (!element) return undefined
    const look = () => setPointed(element.matches(':hover') || element.contains(document.activeElement))
    for (const event of ['pointerenter', 'pointerleave', 'focusin', 'focusout']) element.addEventListener(event, look)
    return () => {
      for (const event of ['pointerenter', 'pointerleave', 'focusin', 'focusout']) element.removeEventListener(event, look)
    }
  }, [element])
  return isPointed
}
