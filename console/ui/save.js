// A video's file as a download.
//
// Guarantees: what is saved is the video: a link whose time is over is asked for anew first.

import { html } from '../core/html.js'
import { local } from '../core/place.js'
import { Button } from './button.js'
import { tell } from './tell.js'

/** A link that has less than this left is asked for anew, in seconds. */
const FRESH_SECONDS = 30

/** Until when a link works, in seconds since 1970, if it says so. @param {string} url */
export const endOf = (url) => Number(/[?&]exp=(\d+)/.exec(url)?.[1]) || null

/** Whether a link works for a while yet. @param {string} url */
export const isFresh = (url) => (endOf(url) ?? Infinity) - Date.now() / 1_000 > FRESH_SECONDS

/** @param {{ task: any, anew: () => Promise<any>, children: any } & Record<string, any>} props `anew` asks for the public task. */
export function SaveButton({ task, anew, children, ...rest }) {
  const name = `${task.task_id}.mp4`
  const save = async (/** @type {Event} */ event) => {
    if (isFresh(task.result_url)) return
    event.preventDefault()
    const link = document.createElement('a')
    try {
      link.href = local((await anew()).result_url)
    } catch (error) {
      return tell(error)
    }
    link.download = name
    link.click()
  }
  return html`<${Button} icon="download" ...${rest} href=${local(task.result_url)} download=${name} onClick=${save}>${children}<//>`
}
