// What of the tasks is shown; all of it stands in the address.

import { get } from '../../core/api.js'
import { number } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { useResource } from '../../core/resource.js'
import { setQuery } from '../../core/router.js'
import { Select } from '../../ui/field.js'
import { Search } from '../../ui/search.js'

const STATES = ['all', 'waiting', 'running', 'succeeded', 'failed', 'cancelled']
const SOURCES = ['api', 'cli', 'console']
/** Spans of time, in seconds. @type {Record<string, number>} */
const RANGES = { '1h': 3_600, '24h': 86_400, '7d': 604_800, '30d': 2_592_000 }
/** For how long the beginning of a span stays the same, in seconds. */
const STEP_SECONDS = 3_600

/** The question for the API. @param {URLSearchParams} query @param {boolean} [forOperators] */
export function asked(query, forOperators) {
  const range = RANGES[query.get('range') ?? '']
  const of = (/** @type {string} */ name) => query.get(name) || undefined
  return {
    state: of('state'), model: of('model'), key_id: of('key_id'), source: of('source'), q: of('q'),
    kind: of('kind'), since: range ? since(range) : of('since'), until: of('until'),
    ...(forOperators ? { account: of('account'), channel: of('channel') } : {}),
  }
}

/** When a span begins. It stays so long as the same one is chosen, since another question would be another
 * list; after an hour it begins anew. @param {number} range */
function since(range) {
  const now = Math.floor(Date.now() / 1_000)
  if (begun.range !== range || now - begun.at > STEP_SECONDS) begun = { range, at: now }
  return begun.at - range
}

let begun = { range: 0, at: 0 }

/** @param {Record<string, unknown>} filter */
export const isFiltered = (filter) => Object.values(filter).some((it) => it !== undefined)

/** Whether a new task belongs to what is shown. @param {any} row @param {Record<string, any>} filter */
export function fits(row, filter) {
  const text = `${row.prompt}\n${row.task.task_id}\n${row.request_id}`.toLowerCase()
  return (!filter.state || row.state === filter.state) && (!filter.model || row.task.model === filter.model)
    && (!filter.key_id || String(row.key.id) === filter.key_id) && (!filter.source || row.source === filter.source)
    && (!filter.kind || row.key.kind === filter.kind) && (!filter.until || row.task.created_at < Number(filter.until))
    && (!filter.q || text.includes(filter.q.toLowerCase()))
}

/** @param {{ query: URLSearchParams, counts: any, forOperators?: boolean }} props */
export function Filters({ query, counts, forOperators }) {
  const state = query.get('state') ?? 'all'
  const choose = (/** @type {string} */ name) => (/** @type {string} */ value) => setQuery({ [name]: value || null })
  return html`<div class="filters"><div class="row wrap" role="group" aria-label=${t('tasks.states')}>
      ${STATES.map((it) => html`<button key=${it} class="chip" type="button" aria-pressed=${it === state} onClick=${() => choose('state')(it === 'all' ? '' : it)}>
        <span>${t(`tasks.state.${it}`)}</span>${counts && html`<span class="n">${number(counts[it])}${counts.capped ? '+' : ''}</span>`}</button>`)}</div>
    <div class="row wrap choices"><${Search} label=${t('tasks.find')} param="q" /><${Choices} query=${query} choose=${choose} forOperators=${forOperators} /></div></div>`
}

/** @param {{ query: URLSearchParams, choose: (name: string) => (value: string) => void, forOperators?: boolean }} props */
function Choices({ query, choose, forOperators }) {
  const models = useResource((signal) => get('/api/models', undefined, { signal }), []).data?.data ?? []
  const range = query.get('range') ?? (query.get('since') ? 'other' : '')
  const select = (/** @type {string} */ name, /** @type {string} */ label, /** @type {any[]} */ options) => html`<${Select} aria-label=${label} class="sm"
    value=${query.get(name) ?? ''} onChange=${choose(name)} options=${[{ value: '', label }, ...options]} />`
  return html`${select('model', t('tasks.allModels'), models.map((/** @type {any} */ it) => ({ value: it.id, label: it.id })))}
    ${forOperators ? html`<${OperatorChoices} select=${select} />` : html`<${KeyChoice} select=${select} />`}
    ${select('source', t('tasks.allSources'), SOURCES.map((it) => ({ value: it, label: t(`tasks.source.${it}`) })))}
    <${Select} aria-label=${t('tasks.time')} value=${range} options=${[{ value: '', label: t('tasks.anyTime') },
        ...Object.keys(RANGES).map((it) => ({ value: it, label: t(`tasks.range.${it}`) })), ...(range === 'other' ? [{ value: 'other', label: t('tasks.range.other') }] : [])]}
      onChange=${(/** @type {string} */ value) => setQuery({ range: value || null, since: null, until: null })} />`
}

/** @param {{ select: any }} props */
function KeyChoice({ select }) {
  const keys = useResource((signal) => get('/api/keys', { limit: 100 }, { signal }), []).data?.data ?? []
  return select('key_id', t('tasks.allKeys'), keys.map((/** @type {any} */ it) => ({ value: String(it.id), label: it.name || it.mask })))
}

/** @param {{ select: any }} props */
function OperatorChoices({ select }) {
  const accounts = useResource((signal) => get('/api/admin/accounts', { limit: 100 }, { signal }), []).data?.data ?? []
  const channels = useResource((signal) => get('/api/admin/channels', undefined, { signal }), []).data?.data ?? []
  return html`${select('account', t('tasks.allAccounts'), accounts.map((/** @type {any} */ it) => ({ value: `id:${it.id}`, label: it.name })))}
    ${select('channel', t('tasks.allChannels'), channels.map((/** @type {any} */ it) => ({ value: `id:${it.id}`, label: it.name })))}`
}
