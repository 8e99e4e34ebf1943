// Making a webhook, and changing where it calls and of what.

import { toast } from '../../core/announce.js'
import { patch, post } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { failure } from '../../core/resource.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Dialog } from '../../ui/dialog.js'
import { Failure } from '../../ui/feedback.js'
import { Check, FieldError, TextField, useFieldErrors } from '../../ui/field.js'
import { EVENTS, eventWord } from './words.js'

/** @param {{ of?: any, onClose: () => void, onDone: (saved: any) => void }} props */
export function Editor({ of, onClose, onDone }) {
  const [url, setUrl] = useState(of?.url ?? 'https://')
  const [description, setDescription] = useState(of?.description ?? '')
  const [events, setEvents] = useState(/** @type {string[]} */ (of?.event_types ?? EVENTS))
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const errors = useFieldErrors(error, ['url', 'description', 'event_types'])
  const save = async () => {
    setBusy(true)
    setError(null)
    try {
      const body = { url: url.trim(), description, event_types: events }
      const saved = of ? await patch(`/api/webhooks/${of.id}`, body) : await post('/api/webhooks', body)
      if (of) toast(t('webhooks.saved'))
      onDone(saved)
    } catch (problem) {
      setError(failure(problem))
      setBusy(false)
    }
  }
  const footer = html`<${Button} kind="quiet" onClick=${onClose}>${t('shell.cancel')}<//>
    <${Button} kind="lamp" type="submit" busy=${busy}>${t(of ? 'webhooks.save' : 'webhooks.create')}<//>`
  return html`<${Dialog} title=${t(of ? 'webhooks.editTitle' : 'webhooks.createTitle')} icon="webhook" onClose=${onClose} footer=${footer} form=${save} formRef=${errors.form}>
    <${TextField} label=${t('webhooks.url')} type="url" inputmode="url" mono autofocus autocomplete="off" spellcheck=${false} maxlength="2048" value=${url} onInput=${setUrl}
      error=${errors.of('url')} hint=${t('webhooks.urlHint')} />
    <${TextField} label=${t('webhooks.description')} optional=${t('webhooks.optional')} maxlength="200" value=${description} onInput=${setDescription}
      error=${errors.of('description')} />
    <${Events} chosen=${events} onChange=${setEvents} error=${errors.of('event_types')} />
    ${errors.rest && html`<${Failure} error=${errors.rest} />`}<//>`
}

/** @param {{ chosen: string[], onChange: (chosen: string[]) => void, error: string | null }} props */
function Events({ chosen, onChange, error }) {
  const flip = (/** @type {string} */ type) => (/** @type {boolean} */ on) => onChange(EVENTS.filter((it) => (it === type ? on : chosen.includes(it))))
  return html`<fieldset class="field"><legend class="lab">${t('webhooks.events')}</legend>
    ${EVENTS.map((type) => html`<${Check} key=${type} checked=${chosen.includes(type)} onChange=${flip(type)} aria-invalid=${error ? 'true' : undefined}>
      ${eventWord(type)} <span class="mono small dim3">${type}</span><//>`)}
    ${error && html`<${FieldError} text=${error} />`}</fieldset>`
}
