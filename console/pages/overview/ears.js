// What the overview hears while it is shown: its code comes after the page.

import { useTaskEvents } from '../../core/live.js'

/** @param {{ of: import('../../core/live.js').Ears }} props */
export default function Listening({ of }) {
  useTaskEvents(of)
  return null
}
