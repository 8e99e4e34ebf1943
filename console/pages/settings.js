// Settings: how a person is called, their password and sessions, and how the console looks here.
//
// Guarantees: language, theme and time zone are this browser's and are kept nowhere else; a new
// password ends all other sessions, and the page says so before.

import { toast } from '../core/announce.js'
import { ApiFailure, get, patch, post, remove } from '../core/api.js'
import { chosenZone, date, full } from '../core/format.js'
import { html } from '../core/html.js'
import { language, speak, t, tOr } from '../core/i18n.js'
import { keep } from '../core/memory.js'
import { failure, useResource } from '../core/resource.js'
import { refresh, session } from '../core/session.js'
import { setTheme, theme } from '../core/theme.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Confirm } from '../ui/dialog.js'
import { Failure, Loaded, Note } from '../ui/feedback.js'
import { Segments, SelectField, TextField, useFieldErrors } from '../ui/field.js'
import { Card, Head, Table } from '../ui/table.js'
import { Facts, Tag, Time } from '../ui/values.js'
import { tell } from '../ui/tell.js'
import { clientName } from './settings/client.js'

/** For how long somebody who came by a one-time link may set a password without the one before, in seconds. */
const LINK_FRESH_SECONDS = 600

export default function Settings() {
  // A new password ends sessions: their list is asked for anew.
  const [turn, setTurn] = useState(0)
  return html`<${Head} title=${t('settings.title')} text=${t('settings.text')} />
    <div class="stack wide"><div class="grid2"><${Profile} /><${Looks} /></div>
    <${Password} onDone=${() => setTurn(turn + 1)} /><${Sessions} turn=${turn} /></div>`
}

/** Sends a form: what is under way, what went wrong. */
function useSending() {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const run = async (/** @type {() => Promise<unknown>} */ act) => {
    setBusy(true)
    setError(null)
    try {
      await act()
    } catch (problem) {
      setError(failure(problem))
    }
    setBusy(false)
  }
  return { busy, error, run }
}

function Profile() {
  const { account } = session.value
  const [name, setName] = useState(account.display_name)
  const { busy, error, run } = useSending()
  const errors = useFieldErrors(error, ['display_name'])
  const save = (/** @type {Event} */ event) => {
    event.preventDefault()
    run(async () => {
      await patch('/api/me', { display_name: name })
      await refresh()
      toast(t('settings.saved'))
    })
  }
  return html`<${Card} title=${t('settings.profile')} padded><${Facts} of=${[
      [t('settings.name'), html`<span class="mono">${account.name}</span>`],
      [t('settings.role'), tOr(`settings.roles.${account.role}`, account.role)],
      [t('settings.group'), account.group],
      [t('settings.since'), date(account.created_at)],
    ]} />
    <form class="stack" ref=${errors.form} novalidate onSubmit=${save}><${TextField} label=${t('settings.displayName')} autocomplete="name" maxlength="100"
        value=${name} onInput=${setName} error=${errors.of('display_name')} hint=${t('settings.displayNameHint')} />
      ${errors.rest && html`<${Failure} error=${errors.rest} />`}
      <div><${Button} type="submit" busy=${busy} disabled=${name === account.display_name}>${t('settings.save')}<//></div></form><//>`
}

/** Changes the zone of all times at once; null is the browser's. @param {string | null} wanted */
function setZone(wanted) {
  keep('zone', wanted)
  chosenZone.value = wanted
}

function Looks() {
  const zone = chosenZone.value ?? ''
  const own = Intl.DateTimeFormat().resolvedOptions().timeZone
  const zones = [...new Set(['UTC', ...Intl.supportedValuesOf('timeZone'), ...(zone ? [zone] : [])])]
  return html`<${Card} title=${t('settings.looks')} text=${t('settings.looksText')} padded>
    <${Segments} label=${t('settings.language')} name="language" value=${language.value} onChange=${speak}
      options=${[{ value: 'en', label: html`<span lang="en">English</span>` }, { value: 'zh', label: html`<span lang="zh-CN">中文</span>` }]} />
    <${Segments} label=${t('settings.theme')} name="theme" value=${theme.value} onChange=${setTheme}
      options=${['system', 'light', 'dark'].map((it) => ({ value: it, label: t(`settings.themes.${it}`) }))} />
    <${SelectField} label=${t('settings.zone')} value=${zone} onChange=${(/** @type {string} */ it) => setZone(it || null)} hint=${t('settings.now', full(Math.floor(Date.now() / 1_000)))}
      options=${[{ value: '', label: t('settings.zoneOwn', own) }, ...zones.map((it) => ({ value: it, label: it.replaceAll('_', ' ') }))]} />
    <p class="hint">${t('settings.zoneUtc')}</p><//>`
}

/** Whether the password before is not asked for, as the API decides too. */
function isByLink() {
  const now = session.value.session
  return Boolean(now?.by_link && now.confirmed_at == null && Date.now() / 1_000 - now.created_at < LINK_FRESH_SECONDS)
}

/** @param {{ onDone: () => void }} props */
function Password({ onDone }) {
  const [current, setCurrent] = useState('')
  const [fresh, setFresh] = useState('')
  const [again, setAgain] = useState('')
  const { busy, error, run } = useSending()
  // A wrong password has no field in the answer; here it can only be this one.
  const errors = useFieldErrors(error?.code === 'invalid_credentials' ? Object.assign(error, { param: 'current' }) : error, ['current', 'new', 'again'])
  const { account } = session.value
  const byLink = isByLink()
  const save = (/** @type {Event} */ event) => {
    event.preventDefault()
    run(async () => {
      if (fresh !== again) throw new ApiFailure(t('settings.differ'), { code: 'console_error', param: 'again' })
      // Quiet, since a wrong password is a 401 too and ends nothing.
      const { sessions_ended } = await post('/api/me/password', { current: current || undefined, new: fresh }, { quiet: true })
      for (const clear of [setCurrent, setFresh, setAgain]) clear('')
      toast(t('settings.passwordChanged', sessions_ended))
      await refresh()
      onDone()
    })
  }
  return html`<${Card} title=${t('settings.password')} text=${t('settings.passwordText')} padded>
    ${!account.has_password && html`<${Note}>${t(byLink ? 'settings.noPassword' : 'settings.noPasswordLate')}<//>`}
    <form class="stack" ref=${errors.form} novalidate onSubmit=${save}>
      <input class="sr" tabindex="-1" aria-hidden="true" autocomplete="username" readonly value=${account.name} />
      ${!byLink && html`<div class="grid2"><${TextField} label=${t('settings.current')} type="password" autocomplete="current-password" value=${current} onInput=${setCurrent}
          error=${errors.of('current')} /></div>`}
      <div class="grid2"><${TextField} label=${t('settings.fresh')} type="password" autocomplete="new-password" value=${fresh} onInput=${setFresh} error=${errors.of('new')}
          hint=${t('settings.freshHint')} />
        <${TextField} label=${t('settings.again')} type="password" autocomplete="new-password" value=${again} onInput=${setAgain} error=${errors.of('again')} /></div>
      ${errors.rest && html`<${Failure} error=${errors.rest} />`}
      <div><${Button} type="submit" icon="lock" busy=${busy} disabled=${fresh === ''}>${t(account.has_password ? 'settings.change' : 'settings.choose')}<//></div></form><//>`
}

/** @param {{ turn: number }} props */
function Sessions({ turn }) {
  const list = useResource((signal) => get('/api/sessions', undefined, { signal }), [turn])
  const [asked, setAsked] = useState(false)
  const end = async (/** @type {string} */ id) => {
    try {
      await remove(`/api/sessions/${encodeURIComponent(id)}`)
      toast(t('settings.ended', 1))
    } catch (problem) {
      tell(problem)
    }
    list.reload()
  }
  const others = (list.data?.data ?? []).filter((/** @type {any} */ it) => !it.current).length
  return html`<${Card} title=${t('settings.sessions')} text=${t('settings.sessionsText')}
      end=${others > 0 && html`<${Button} small icon="log-out" onClick=${() => setAsked(true)}>${t('settings.endOthers')}<//>`}>
    <${Loaded} of=${list}>${(/** @type {any} */ { data }) => html`<${Table} caption=${t('settings.sessions')} columns=${columns(end)} rows=${sorted(data)}
      id=${(/** @type {any} */ it) => it.id} />`}<//>
    ${asked && html`<${Confirm} title=${t('settings.endOthersTitle', others)} action=${t('settings.endOthers')} onClose=${() => setAsked(false)} act=${async () => {
      const { count } = await remove('/api/sessions')
      toast(t('settings.ended', count))
      list.reload()
    }}><p>${t('settings.endOthersText')}</p><//>`}<//>`
}

/** This one first, then what was seen last. @param {readonly any[]} rows */
const sorted = (rows) => [...rows].sort((one, other) => Number(other.current) - Number(one.current) || other.last_seen_at - one.last_seen_at)

/** @param {(id: string) => void} end @returns {import('../ui/table.js').Column[]} */
const columns = (end) => [
  { id: 'client', label: t('settings.client'), lead: true, cell: (it) => html`<span class="row wrap"><span title=${it.client}>${clientName(it.client) || t('settings.unknownClient')}</span>
      ${it.current && html`<${Tag}>${t('settings.thisOne')}<//>`}${it.by_link && html`<span class="small dim3">${t('settings.byLink')}</span>`}</span>` },
  { id: 'address', label: t('settings.address'), cell: (it) => html`<span class="mono small">${it.address}</span>` },
  { id: 'seen', label: t('settings.seen'), number: true, cell: (it) => html`<${Time} at=${it.last_seen_at} relative />` },
  { id: 'created', label: t('settings.created'), number: true, cell: (it) => html`<${Time} at=${it.created_at} />` },
  { id: 'act', label: t('settings.actions'), hidden: true, class: 'act', cell: (it) => !it.current && html`<${Button} small kind="quiet" icon="log-out"
      onClick=${() => end(it.id)}>${t('settings.end')}<//>` },
]
