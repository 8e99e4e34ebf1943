// Webhooks: the addresses that are told what happens to the account's videos.

import { get } from '../core/api.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { PREFIX } from '../core/place.js'
import { useResource } from '../core/resource.js'
import { setQuery, to } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Empty, Loaded } from '../ui/feedback.js'
import { Menu } from '../ui/menu.js'
import { Card, Head, Table } from '../ui/table.js'
import { Tag, Time } from '../ui/values.js'
import { Asked, actionsFor } from './webhooks/actions.js'
import { EVENTS, Standing, eventWord } from './webhooks/words.js'

/** How often the list is asked for, in milliseconds. */
const EVERY_MS = 15_000

/** @param {{ query: URLSearchParams }} props */
export default function Webhooks({ query }) {
  const list = useResource((signal) => get('/api/webhooks', undefined, { signal }), [], { everyMs: EVERY_MS })
  const [asked, setAsked] = useState(/** @type {import('./webhooks/actions.js').Ask | null} */ (query.has('new') ? { what: 'edit' } : null))
  const close = () => {
    setAsked(null)
    if (query.has('new')) setQuery({ new: null }, { replace: true })
  }
  const create = () => setAsked({ what: 'edit' })
  return html`<${Head} title=${t('webhooks.title')} text=${t('webhooks.text')}>
      <${Button} icon="book-open" href=${`${PREFIX}/docs/webhooks`} target="_blank" rel="noopener">${t('shell.nav.docs')}<//>
      <${Button} kind="lamp" icon="plus" onClick=${create}>${t('webhooks.create')}<//><//>
    <${Card}><${Loaded} of=${list}>${(/** @type {any} */ { data }) => data.length === 0
      ? html`<${Empty} title=${t('webhooks.empty')} text=${t('webhooks.emptyText')}><${Button} icon="plus" onClick=${create}>${t('webhooks.create')}<//><//>`
      : html`<${Table} caption=${t('webhooks.title')} columns=${columns(setAsked, list.reload)} rows=${data} id=${(/** @type {any} */ it) => it.id}
          rowClass=${(/** @type {any} */ it) => (it.enabled ? undefined : 'off')} />`}<//><//>
    <${Asked} ask=${asked} onAsk=${setAsked} onClose=${close} onDone=${list.reload} />`
}

/** @param {(ask: import('./webhooks/actions.js').Ask) => void} onAsk @param {() => void} onDone @returns {import('../ui/table.js').Column[]} */
const columns = (onAsk, onDone) => [
  { id: 'url', label: t('webhooks.url'), lead: true, class: 'flexi', cell: (hook) => html`<div class="clip"><a class="id" href=${to(`/webhooks/${hook.id}`)}
      title=${hook.url}>${hook.url.replace(/^https:\/\//, '')}</a></div>${hook.description && html`<span class="sub clip">${hook.description}</span>`}` },
  { id: 'events', label: t('webhooks.events'), cell: (hook) => hook.event_types.length === EVENTS.length ? t('webhooks.allEvents')
      : html`<span class="row wrap gap-1">${hook.event_types.map((/** @type {string} */ it) => html`<${Tag} key=${it}>${eventWord(it)}<//>`)}</span>` },
  { id: 'state', label: t('webhooks.state'), cell: (hook) => html`<${Standing} of=${hook} />` },
  { id: 'success', label: t('webhooks.lastSuccess'), number: true, cell: (hook) => html`<${Time} at=${hook.last_success_at} />` },
  { id: 'failure', label: t('webhooks.lastFailure'), number: true, cell: (hook) => html`<${Time} at=${hook.last_failure_at} />` },
  { id: 'act', label: t('webhooks.actions'), hidden: true, class: 'act', cell: (hook) => html`<${Menu} label=${t('webhooks.actionsOf', hook.url)}
      actions=${actionsFor(hook, onAsk, onDone)} />` },
]
