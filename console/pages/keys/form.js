// Making a key, and changing all of it but the secret.

import { ApiFailure, get, patch, post } from '../../core/api.js'
import { dayEnd, dayOf } from '../../core/days.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { failure, useResource } from '../../core/resource.js'
import { session, withPassword } from '../../core/session.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Dialog } from '../../ui/dialog.js'
import { Failure } from '../../ui/feedback.js'
import { Cards, Check, Field, FieldError, SelectField, TextArea, TextField, numeric, useFieldErrors } from '../../ui/field.js'
import { Icon } from '../../ui/icon.js'
import { shutsOut } from './networks.js'

const FIELDS = ['name', 'expires_at', 'budget', 'month_budget', 'models', 'addresses', 'creates_per_minute', 'in_flight_max', 'kind', 'scopes']
const DAY_SECONDS = 86_400
const DAYS = ['30', '90', '365']

/** What the form begins with. @param {any} key @param {string} kind */
const begin = (key, kind) => ({
  kind,
  name: key?.name ?? '',
  expiry: key?.expires_at ? 'date' : 'never',
  date: key?.expires_at ? dayOf(key.expires_at) : '',
  budget: key?.budget?.amount ?? '',
  month_budget: key?.month_budget?.amount ?? '',
  models: /** @type {string[] | null} */ (key?.models ?? null),
  addresses: (key?.addresses ?? []).join('\n'),
  creates_per_minute: String(key?.creates_per_minute ?? ''),
  in_flight_max: String(key?.in_flight_max ?? ''),
})

/** What is sent. @param {ReturnType<typeof begin>} values @param {any} key */
function body(values, key) {
  const text = (/** @type {string} */ it) => (it.trim() === '' ? null : it.trim())
  const addresses = values.addresses.split(/[\s,]+/).filter(Boolean)
  return {
    ...(key ? {} : { kind: values.kind }),
    name: text(values.name),
    expires_at: expiry(values, key),
    models: values.models,
    addresses: addresses.length > 0 ? addresses : null,
    creates_per_minute: numeric(values.creates_per_minute),
    in_flight_max: numeric(values.in_flight_max),
    ...(values.kind === 'test' ? {} : { budget: text(values.budget), month_budget: text(values.month_budget) }),
  }
}

/** Seconds since 1970, or null. @param {ReturnType<typeof begin>} values @param {any} key */
function expiry(values, key) {
  if (values.expiry === 'never') return null
  if (values.expiry !== 'date') return Math.floor(Date.now() / 1_000) + Number(values.expiry) * DAY_SECONDS
  if (key?.expires_at && dayOf(key.expires_at) === values.date) return key.expires_at
  return dayEnd(values.date)
}

/** What is missing, as the server would say it if it could know. @param {ReturnType<typeof begin>} values */
function lacking(values) {
  const lack = (/** @type {string} */ param) => new ApiFailure(t(`keys.lacks.${param}`), { param, code: 'invalid_request' })
  if (values.name.trim() === '') return lack('name')
  if (values.expiry === 'date' && !values.date) return lack('expires_at')
  return values.models?.length === 0 ? lack('models') : null
}

/** @param {{ of?: any, kind?: 'live' | 'test', onClose: () => void, onDone: (key: any) => void }} props */
export function KeyForm({ of: key, kind = 'live', onClose, onDone }) {
  const [values, setValues] = useState(() => begin(key, key?.kind ?? kind))
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const errors = useFieldErrors(error, FIELDS)
  const set = (/** @type {string} */ name) => (/** @type {any} */ value) => setValues((was) => ({ ...was, [name]: value }))
  const act = async () => {
    const lack = lacking(values)
    if (lack) return setError(lack)
    setBusy(true)
    setError(null)
    try {
      const asked = body(values, key)
      const done = await withPassword(() => (key ? patch(`/api/keys/${key.id}`, asked) : post('/api/keys', asked)))
      if (done) return onDone(done)
    } catch (problem) {
      setError(failure(problem))
    }
    return setBusy(false)
  }
  const footer = html`<${Button} kind="quiet" onClick=${onClose}>${t('shell.cancel')}<//>
    <${Button} kind="lamp" type="submit" busy=${busy}>${t(key ? 'keys.save' : 'keys.create')}<//>`
  return html`<${Dialog} title=${key ? t('keys.editTitle', key.name || key.mask) : t('keys.createTitle')} icon="key-round" onClose=${onClose}
    footer=${footer} form=${act} formRef=${errors.form}>
    ${!key && html`<${Kinds} value=${values.kind} onChange=${set('kind')} />`}
    <div class="grid2"><${TextField} label=${t('keys.name')} value=${values.name} onInput=${set('name')} error=${errors.of('name')} maxlength="100" autofocus />
      <${Expiry} values=${values} set=${set} error=${errors.of('expires_at')} /></div>
    ${values.kind === 'live' && html`<${Budgets} values=${values} set=${set} errors=${errors} />`}
    <${Models} chosen=${values.models} onChange=${set('models')} error=${errors.of('models')} />
    <${Networks} value=${values.addresses} onInput=${set('addresses')} error=${errors.of('addresses')} />
    <div class="grid2"><${TextField} label=${t('keys.perMinute')} optional=${t('keys.likeAccount')} inputmode="numeric" mono value=${values.creates_per_minute}
        onInput=${set('creates_per_minute')} error=${errors.of('creates_per_minute')} />
      <${TextField} label=${t('keys.atATime')} optional=${t('keys.likeAccount')} inputmode="numeric" mono value=${values.in_flight_max}
        onInput=${set('in_flight_max')} error=${errors.of('in_flight_max')} /></div>
    ${errors.rest && html`<${Failure} error=${errors.rest} />`}<//>`
}

/** @param {{ value: string, onChange: (value: string) => void }} props */
function Kinds({ value, onChange }) {
  const options = [['live', 'sk-…'], ['test', 'sk-test-…']].map(([it, stem]) => ({
    value: it, label: html`<b>${t(`keys.card.${it}`)} <span class="mono small">${stem}</span></b><span class="small dim">${t(`keys.cardText.${it}`)}</span>` }))
  return html`<${Cards} label=${t('keys.kindWord')} name="kind" value=${value} onChange=${onChange} options=${options} columns />`
}

/** @param {{ values: any, set: (name: string) => (value: any) => void, error: string | null }} props */
function Expiry({ values, set, error }) {
  const options = [
    ...DAYS.map((it) => ({ value: it, label: t('keys.inDays', it) })),
    { value: 'date', label: t('keys.onDate') },
    { value: 'never', label: t('keys.never') },
  ]
  const isDate = values.expiry === 'date'
  return html`<div class="stack tight"><${SelectField} label=${t('keys.expires')} value=${values.expiry} onChange=${set('expiry')} options=${options}
      error=${isDate ? null : error} />
    ${isDate && html`<${Field} label=${html`<span class="sr">${t('keys.onDate')}</span>`} error=${error} control=${(/** @type {any} */ bind) => html`<input class="in" type="date"
      ...${bind} value=${values.date} onInput=${(/** @type {any} */ event) => set('date')(event.target.value)} />`} />`}</div>`
}

/** @param {{ values: any, set: (name: string) => (value: any) => void, errors: any }} props */
function Budgets({ values, set, errors }) {
  return html`<div class="grid2"><${TextField} label=${t('keys.monthBudget')} optional=${t('keys.emptyNoLimit')} mono inputmode="decimal" value=${values.month_budget}
      onInput=${set('month_budget')} error=${errors.of('month_budget')} hint=${t('keys.monthHint')} />
    <${TextField} label=${t('keys.budget')} optional=${t('keys.emptyNoLimit')} mono inputmode="decimal" value=${values.budget}
      onInput=${set('budget')} error=${errors.of('budget')} /></div>`
}

/** @param {{ chosen: string[] | null, onChange: (models: string[] | null) => void, error: string | null }} props */
function Models({ chosen, onChange, error }) {
  const { data } = useResource((signal) => get('/api/models', undefined, { signal }), [])
  const offered = (data?.data ?? []).map((/** @type {any} */ it) => it.id)
  const all = [...new Set([...offered, ...(chosen ?? [])])]
  const toggle = (/** @type {string} */ id) => (/** @type {boolean} */ on) =>
    onChange(on ? [...(chosen ?? []), id] : (chosen ?? []).filter((it) => it !== id))
  return html`<fieldset class="field"><legend class="lab">${t('keys.models')}</legend>
    <${Check} checked=${chosen === null} onChange=${(/** @type {boolean} */ on) => onChange(on ? null : all)}>${t('keys.allModelsLater')}<//>
    ${chosen !== null && all.map((id) => html`<${Check} key=${id} checked=${chosen.includes(id)} onChange=${toggle(id)}><span class="mono small">${id}</span><//>`)}
    ${error && html`<${FieldError} text=${error} />`}</fieldset>`
}

/** @param {{ value: string, onInput: (value: string) => void, error: string | null }} props */
function Networks({ value, onInput, error }) {
  const here = session.value?.session?.address
  const isOut = here && shutsOut(value.split(/[\s,]+/).filter(Boolean), here)
  return html`<div class="stack tight"><${TextArea} label=${t('keys.allowlist')} optional=${t('keys.allowlistHow')} mono rows="2" spellcheck=${false}
      value=${value} onInput=${onInput} error=${error} hint=${here ? t('keys.yourAddress', here) : undefined} />
    ${isOut && html`<p class="hint warn"><${Icon} name="triangle-alert" size="s" /><span>${t('keys.shutsOut')}</span></p>`}</div>`
}
