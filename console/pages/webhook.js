// One webhook: how it stands, what it was sent, and what can be done with it.

import { get } from '../core/api.js'
import { full } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useResource } from '../core/resource.js'
import { go, to } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Empty, Loaded, Note } from '../ui/feedback.js'
import { Menu } from '../ui/menu.js'
import { Card, Head } from '../ui/table.js'
import { Facts, Tag, Time } from '../ui/values.js'
import { Asked, mayResume, moreFor, resume, sendTest } from './webhooks/actions.js'
import { Deliveries } from './webhooks/deliveries.js'
import { Verify } from './webhooks/verify.js'
import { EVENTS, Standing, eventWord } from './webhooks/words.js'

/** How often it is asked for, in milliseconds. */
const EVERY_MS = 15_000
/** Long names break anywhere, so that a narrow screen need not scroll. */
const BREAK = { overflowWrap: 'anywhere' }

/** @typedef {import('./webhooks/actions.js').Ask} Ask */

/** @param {{ params: Record<string, string>, query: URLSearchParams }} props */
export default function Webhook({ params, query }) {
  const { id } = params
  const hook = useResource((signal) => get(`/api/webhooks/${encodeURIComponent(id)}`, undefined, { signal }), [id], { everyMs: EVERY_MS })
  const back = html`<p><${Button} kind="quiet" small icon="arrow-left" href=${to('/webhooks')}>${t('webhooks.all')}<//></p>`
  if (hook.error?.code === 'not_found') {
    return html`${back}<h1 class="sr">${t('webhooks.missing')}</h1><${Card}><${Empty} title=${t('webhooks.missing')} text=${t('webhooks.missingText')}>
      <${Button} icon="webhook" href=${to('/webhooks')}>${t('webhooks.all')}<//><//><//>`
  }
  return html`${back}${!hook.data && html`<h1 class="sr">${t('webhooks.title')}</h1>`}
    <${Loaded} of=${hook} lines=${6}>${(/** @type {any} */ it) => html`<${Body} hook=${it} query=${query} reload=${hook.reload} />`}<//>`
}

/** @param {{ hook: any, query: URLSearchParams, reload: () => void }} props */
function Body({ hook, query, reload }) {
  const [asked, setAsked] = useState(/** @type {Ask | null} */ (null))
  const [turn, setTurn] = useState(0)
  const title = hook.description || new URL(hook.url).host
  const changed = () => {
    reload()
    setTurn(turn + 1)
  }
  return html`<${Head} title=${html`<span style=${BREAK}>${title}</span>`} text=${html`<code class="inline">${hook.url}</code>`}>
      <${Button} icon="send" onClick=${() => sendTest(hook)}>${t('webhooks.test')}<//>
      <${Button} icon="pencil" onClick=${() => setAsked({ what: 'edit', hook })}>${t('webhooks.edit')}<//>
      <${Menu} label=${t('webhooks.actionsOf', hook.url)} actions=${moreFor(hook, setAsked, changed)} /><//>
    <div class="stack wide"><${Trouble} hook=${hook} onDone=${changed} />
      <div class="grid-main"><${Deliveries} id=${String(hook.id)} query=${query} onChange=${reload} turn=${turn} /><${About} hook=${hook} /></div>
      <${Verify} /></div>
    <${Asked} ask=${asked} onAsk=${setAsked} onClose=${() => setAsked(null)} onDone=${changed} onGone=${() => go('/webhooks', { replace: true })} />`
}

/** Why nothing arrives, and the way out. @param {{ hook: any, onDone: () => void }} props */
function Trouble({ hook, onDone }) {
  if (hook.enabled) {
    if (hook.failing_since == null) return null
    return html`<${Note} icon="triangle-alert" tone="bad" title=${t('webhooks.failing')}>${t('webhooks.failingText', full(hook.failing_since))}<//>`
  }
  const end = mayResume(hook) && html`<${Button} small icon="play" onClick=${() => resume(hook, onDone)}>${t('webhooks.resume')}<//>`
  const since = full(hook.disabled_at)
  return html`<${Note} icon=${hook.disabled_by === 'owner' ? 'circle-pause' : 'ban'} tone=${hook.disabled_by === 'owner' ? 'plain' : 'bad'} end=${end}
    title=${t(`webhooks.disabled.${hook.disabled_by}`)}>${t(`webhooks.disabledText.${hook.disabled_by}`, since)}<//>`
}

/** @param {{ hook: any }} props */
function About({ hook }) {
  const events = hook.event_types.length === EVENTS.length ? t('webhooks.allEvents')
    : html`<span class="row wrap gap-1">${hook.event_types.map((/** @type {string} */ it) => html`<${Tag} key=${it}>${eventWord(it)}<//>`)}</span>`
  return html`<${Card} title=${t('webhooks.about')} padded><${Facts} of=${[
    [t('webhooks.state'), html`<${Standing} of=${hook} />`],
    [t('webhooks.events'), events],
    [t('webhooks.lastSuccess'), html`<${Time} at=${hook.last_success_at} />`],
    [t('webhooks.lastFailure'), html`<${Time} at=${hook.last_failure_at} />`],
    [t('webhooks.created'), html`<${Time} at=${hook.created_at} />`],
    [t('webhooks.changed'), html`<${Time} at=${hook.changed_at} />`],
    [t('webhooks.secret'), hook.old_secret_expires_at == null ? t('webhooks.secretText') : t('webhooks.oldSigns', full(hook.old_secret_expires_at))],
  ]} /><p class="hint">${t('webhooks.schedule')}</p><//>`
}
