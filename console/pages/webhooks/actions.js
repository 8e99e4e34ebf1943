// What can be done with a webhook, from the list and from its page.
//
// Guarantees: what stops calls or cannot be taken back is asked about first, by the webhook's name; a
// secret is shown in the dialog that follows its making, and never again.

import { toast } from '../../core/announce.js'
import { patch, post, remove } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { go } from '../../core/router.js'
import { isOperator } from '../../core/session.js'
import { Confirm } from '../../ui/dialog.js'
import { tell } from '../../ui/tell.js'
import { Editor } from './editor.js'
import { Replay } from './replay.js'
import { Secret } from './secret.js'

/** What is asked: about a webhook, or with `edit` about a new one.
 * @typedef {{ what: 'edit' | 'pause' | 'rotate' | 'delete' | 'secret' | 'replay', hook?: any }} Ask */

/** Whether who is signed in may switch it on. @param {any} hook */
export const mayResume = (hook) => !hook.enabled && (hook.disabled_by !== 'operator' || isOperator())

/** Sends a test and shows what comes of it. @param {any} hook */
export async function sendTest(hook) {
  try {
    const delivery = await post(`/api/webhooks/${hook.id}/test`)
    go(`/webhooks/${hook.id}?delivery=${encodeURIComponent(delivery.id)}`)
  } catch (error) {
    tell(error)
  }
}

/** Switches it on again. @param {any} hook @param {() => void} onDone */
export async function resume(hook, onDone) {
  try {
    await patch(`/api/webhooks/${hook.id}`, { enabled: true })
    toast(t('webhooks.resumed'))
    onDone()
  } catch (error) {
    tell(error)
  }
}

/** @param {any} hook @param {(ask: Ask) => void} onAsk @param {() => void} onDone
 * @returns {(import('../../ui/menu.js').Action | false)[]} */
export const actionsFor = (hook, onAsk, onDone) => [
  { label: t('webhooks.test'), icon: 'send', act: () => sendTest(hook) },
  { label: t('webhooks.edit'), icon: 'pencil', act: () => onAsk({ what: 'edit', hook }) },
  ...moreFor(hook, onAsk, onDone),
]

/** Those that have no button of their own. @param {any} hook @param {(ask: Ask) => void} onAsk @param {() => void} onDone
 * @returns {(import('../../ui/menu.js').Action | false)[]} */
export const moreFor = (hook, onAsk, onDone) => [
  hook.enabled && { label: t('webhooks.replay'), icon: 'repeat', act: () => onAsk({ what: 'replay', hook }) },
  { label: t('webhooks.rotate'), icon: 'refresh-cw', act: () => onAsk({ what: 'rotate', hook }) },
  hook.enabled && { label: t('webhooks.pause'), icon: 'pause', act: () => onAsk({ what: 'pause', hook }) },
  mayResume(hook) && { label: t('webhooks.resume'), icon: 'play', act: () => resume(hook, onDone) },
  { label: t('webhooks.delete'), icon: 'trash-2', danger: true, act: () => onAsk({ what: 'delete', hook }) },
]

/** The dialog of what is asked.
 * @param {{ ask: Ask | null, onAsk: (ask: Ask) => void, onClose: () => void, onDone: () => void, onGone?: () => void }} props */
export function Asked({ ask, onAsk, onClose, onDone, onGone }) {
  if (!ask) return null
  const { what, hook } = ask
  if (what === 'secret') return html`<${Secret} of=${hook} onClose=${onClose} />`
  if (what === 'replay') return html`<${Replay} of=${hook} onClose=${onClose} onDone=${onDone} />`
  if (what === 'edit') {
    return html`<${Editor} of=${hook} onClose=${onClose} onDone=${(/** @type {any} */ saved) => {
      onDone()
      onClose()
      if (saved.secret) onAsk({ what: 'secret', hook: saved })
    }} />`
  }
  if (what === 'pause') return html`<${Pause} of=${hook} onClose=${onClose} onDone=${onDone} />`
  if (what === 'rotate') return html`<${Rotate} of=${hook} onClose=${onClose} onDone=${onDone} onAsk=${onAsk} />`
  return html`<${Confirm} title=${t('webhooks.deleteTitle')} action=${t('webhooks.delete')} onClose=${onClose} act=${async () => {
    await remove(`/api/webhooks/${hook.id}`)
    toast(t('webhooks.deleted'))
    ;(onGone ?? onDone)()
  }}><${Which} of=${hook} /><p>${t('webhooks.deleteText')}</p><//>`
}

/** @param {{ of: any }} props */
const Which = ({ of }) => html`<p><code class="inline">${of.url}</code></p>`

/** @param {{ of: any, onClose: () => void, onDone: () => void }} props */
function Pause({ of, onClose, onDone }) {
  return html`<${Confirm} title=${t('webhooks.pauseTitle')} action=${t('webhooks.pause')} onClose=${onClose} act=${async () => {
    await patch(`/api/webhooks/${of.id}`, { enabled: false })
    toast(t('webhooks.paused'))
    onDone()
  }}><${Which} of=${of} /><p>${t('webhooks.pauseText')}</p><//>`
}

/** @param {{ of: any, onClose: () => void, onDone: () => void, onAsk: (ask: Ask) => void }} props */
function Rotate({ of, onClose, onDone, onAsk }) {
  let fresh = /** @type {any} */ (null)
  // The dialog closes itself when it has done its work: the secret is asked for after that.
  const close = () => {
    onClose()
    if (fresh) onAsk({ what: 'secret', hook: fresh })
  }
  return html`<${Confirm} title=${t('webhooks.rotateTitle')} action=${t('webhooks.rotate')} onClose=${close} act=${async () => {
    fresh = await post(`/api/webhooks/${of.id}/rotate`)
    onDone()
  }}><${Which} of=${of} /><p>${t('webhooks.rotateText')}</p><//>`
}
