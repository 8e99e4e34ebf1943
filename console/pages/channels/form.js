// Making a channel, and changing it: preset, address and key, models, test.

import { get, patch, post } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { failure, useResource } from '../../core/resource.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Failure, Loaded, Note } from '../../ui/feedback.js'
import { Check, SelectField, TextField } from '../../ui/field.js'
import { FormDialog } from '../../ui/form.js'
import { Mapping } from './mapping.js'
import { Result } from './trial.js'
import { begin, body } from './values.js'

const FIELDS = ['name', 'provider', 'base_url', 'api_key', 'models', 'priority', 'weight', 'max_concurrency', 'groups', 'costs', 'image_fit', 'images',
  'media_origins', 'result_links', 'timeouts', 'poll_interval_ms']
/** How long the questions to an upstream may take, in milliseconds. */
const PROBE_MS = 90_000

/** @param {{ of?: any, preset: string | null, isFirst: boolean, presets: readonly any[], onClose: () => void, onDone: (channel: any) => void }} props */
export function ChannelForm({ of: channel, preset, isFirst, presets, onClose, onDone }) {
  const models = useResource((signal) => get('/api/admin/models', undefined, { signal }), [])
  return html`<${Loaded} of=${models}>${(/** @type {any} */ list) => html`<${Form} channel=${channel} preset=${preset} isFirst=${isFirst} presets=${presets} models=${list.data}
    onClose=${onClose} onDone=${onDone} />`}<//>`
}

/** @param {{ channel: any, preset: string | null, isFirst: boolean, presets: readonly any[], models: readonly any[], onClose: () => void, onDone: (channel: any) => void }} props */
function Form({ channel, preset, isFirst, presets, models, onClose, onDone }) {
  const first = presets.find((it) => it.name === (channel?.provider ?? preset)) ?? presets[0]
  const [values, setValues] = useState(() => begin(channel, first, models))
  const [isChanged, setChanged] = useState(false)
  const set = (/** @type {string} */ name) => (/** @type {any} */ value) => {
    setChanged(true)
    setValues((was) => ({ ...was, [name]: value }))
  }
  const kind = presets.find((it) => it.name === values.provider) ?? first
  const choose = (/** @type {string} */ name) => {
    const next = presets.find((it) => it.name === name)
    // What was typed stays; the rest follows the kind.
    const fresh = begin(undefined, next, models)
    setValues((was) => ({ ...fresh, name: was.name, api_key: was.api_key, base_url: next.base_url ?? (isChanged ? was.base_url : '') }))
  }
  const act = () => (channel ? patch(`/api/admin/channels/id:${channel.id}`, body(values, channel)) : post('/api/admin/channels', body(values)))
  const text = (/** @type {string} */ name, /** @type {(field: string) => string | null} */ wrong, /** @type {Record<string, any>} */ more = {}) => html`<${TextField}
    label=${t(`channels.${name}`)} value=${values[name]} onInput=${set(name)} error=${wrong(name)} spellcheck=${false} ...${more} />`
  return html`<${FormDialog} title=${channel ? t('channels.editTitle', channel.name) : t('channels.add')} icon="waypoints" wide fields=${FIELDS}
    action=${t(channel ? 'channels.save' : 'channels.create')} act=${act} done=${onDone} onClose=${onClose}>${(/** @type {(field: string) => string | null} */ wrong) => html`
    ${isFirst && html`<${Note} icon="flask-conical" title=${t('channels.firstEnds')}>${t('channels.firstEndsText')}<//>`}
    <div class="grid2">${channel ? html`<${TextField} label=${t('channels.provider')} value=${tOr(`channels.preset.${channel.provider}`, channel.provider)} readonly onInput=${() => {}} />`
        : html`<${SelectField} label=${t('channels.provider')} value=${values.provider} onChange=${choose} error=${wrong('provider')}
          options=${presets.map((it) => ({ value: it.name, label: tOr(`channels.preset.${it.name}`, it.name) }))} hint=${tOr(`channels.presetText.${kind.name}`, kind.description)} />`}
      ${text('name', wrong, { autofocus: true, maxlength: 100 })}</div>
    <div class="grid2">${text('base_url', wrong, { mono: true, type: 'url', placeholder: kind.base_url ?? 'http://10.0.4.12:8000', hint: t('channels.base_urlHint') })}
      ${text('api_key', wrong, { mono: true, type: 'password', autocomplete: 'off', optional: kind.needs_api_key ? undefined : t('channels.optional'),
        placeholder: channel?.api_key ?? '', hint: t(channel?.api_key ? 'channels.keyKept' : 'channels.keyWriteOnly') })}</div>
    <${Models} values=${values} set=${set} models=${models} channel=${channel} error=${wrong('models') ?? wrong('costs')} />
    <div class="grid3">${text('priority', wrong, { mono: true, inputmode: 'numeric', hint: t('channels.priorityHint') })}
      ${text('weight', wrong, { mono: true, inputmode: 'numeric', hint: t('channels.weightHint') })}
      ${text('max_concurrency', wrong, { mono: true, inputmode: 'numeric', hint: t('channels.slotsHint') })}</div>
    <${More} values=${values} set=${set} wrong=${wrong} text=${text} kind=${kind} />
    ${!channel && html`<${Check} checked=${values.enabled} onChange=${set('enabled')}>${t('channels.enableNow')}<//>`}`}<//>`
}

/** The mapping, and what the upstream says it has.
 * @param {{ values: any, set: (name: string) => (value: any) => void, models: readonly any[], channel: any, error: string | null }} props */
function Models({ values, set, models, channel, error }) {
  const [probe, setProbe] = useState(/** @type {any} */ (null))
  const [problem, setProblem] = useState(/** @type {any} */ (null))
  const [busy, setBusy] = useState(false)
  const ask = async () => {
    setBusy(true)
    setProblem(null)
    try {
      const asked = body({ ...values, name: values.name || 'probe', costs: {}, models: Object.keys(values.models).length > 0 ? values.models : { [models[0].id]: models[0].id } })
      const answer = await post('/api/admin/channels/probe', asked, { timeoutMs: PROBE_MS })
      setProbe(answer)
      const isEmpty = Object.values(values.models).every((/** @type {any} */ it) => it.trim() === '')
      if (isEmpty && Object.keys(answer.suggested ?? {}).length > 0) set('models')(answer.suggested)
    } catch (failed) {
      setProblem(failure(failed))
    }
    setBusy(false)
  }
  // A channel's key is not told again: who asks anew for its models types it.
  const canAsk = !channel || values.api_key !== '' || !channel.api_key
  return html`<section class="stack tight" aria-label=${t('channels.mapping')}><div class="row wrap"><h3 class="b small grow">${t('channels.mapping')}</h3>
      <${Button} small icon="search" busy=${busy} disabled=${!canAsk} onClick=${ask}>${t('channels.fetchModels')}<//></div>
    ${problem && html`<${Failure} error=${problem} />`}${probe && html`<${Result} of=${probe} />`}
    <${Mapping} values=${values} set=${set} models=${models} theirs=${probe?.models ?? []} />
    ${error && html`<p class="err" role="alert">${error}</p>`}</section>`
}

/** What few need. @param {{ values: any, set: any, wrong: any, text: any, kind: any }} props */
function More({ values, set, wrong, text, kind }) {
  const choice = (/** @type {string} */ name, /** @type {readonly string[]} */ options) => html`<${SelectField} label=${t(`channels.${name}`)} value=${values[name]}
    onChange=${set(name)} error=${wrong(name)} options=${options.map((it) => ({ value: it, label: t(`channels.${name}.${it}`) }))} />`
  const isWrong = ['groups', 'image_fit', 'images', 'media_origins', 'result_links', 'poll_interval_ms'].some((it) => wrong(it))
  return html`<details open=${isWrong}><summary class="small b">${t('channels.more')}</summary><div class="stack more">
    <div class="grid2">${text('groups', wrong, { mono: true, optional: t('channels.optional'), hint: t('channels.groupsHint') })}
      ${text('media_origins', wrong, { mono: true, optional: t('channels.optional'), hint: t('channels.originsHint') })}</div>
    <div class="grid2">${choice('image_fit', ['cover', 'contain', 'as_is'])}${choice('images', kind.takes_image_urls ? ['inline', 'pass_through'] : ['inline'])}</div>
    <div class="grid2">${choice('result_links', ['own', 'upstream'])}${text('poll_interval_ms', wrong, { mono: true, inputmode: 'numeric' })}</div></div></details>`
}
