// The playground: a video without a line of code, and the request that makes the same.
//
// Guarantees: a draft outlives a reload and is never overwritten without a way back; what is shown
// of a take is what the API says; a take goes on when the page is left.

import { toast } from '../core/announce.js'
import { ApiFailure, get, post } from '../core/api.js'
import { dollars } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { PREFIX } from '../core/place.js'
import { failure, useResource } from '../core/resource.js'
import { setQuery, to } from '../core/router.js'
import { balance, isOperator, session } from '../core/session.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Empty, Failure, Loaded } from '../ui/feedback.js'
import { Select, useFieldErrors } from '../ui/field.js'
import { Card, Head } from '../ui/table.js'
import { Tag } from '../ui/values.js'
import { blank, bodyOf, fit, isBlank, keepDraft, recallDraft } from './playground/draft.js'
import { Form } from './playground/form.js'
import { obstacle, useCountdown, useQuote } from './playground/price.js'

const FIELDS = ['model', 'prompt', 'seconds', 'aspect_ratio', 'resolution', 'image_urls']
/** The fields of the form that stand for several of a request. @type {Record<string, string>} */
const SAME = { reference_images: 'image_urls', input_reference: 'image_urls', images: 'image_urls', image: 'image_urls', duration: 'seconds', ratio: 'aspect_ratio' }
/** Up to this width the form and its result stand one over the other, in pixels. */
const NARROW = 860
/** For how long a draft rests before it is kept, in milliseconds: pictures make it heavy. */
const REST_MS = 300

/** @typedef {import('./playground/draft.js').Draft} Draft */

/** Whether videos can be made with a key. @param {any} key */
const isUsable = (key) =>
  key.enabled && !key.disabled_by_operator && key.scopes.includes('generate') && (key.expires_at === null || key.expires_at > Date.now() / 1_000)

/** The key that is used unless another is chosen: the newest live one. @param {readonly any[]} keys */
const usual = (keys) => keys.find((it) => it.kind === 'live') ?? keys[0]

/** @param {{ query: URLSearchParams }} props */
export default function Playground({ query }) {
  const keys = useResource((signal) => get('/api/keys', undefined, { signal }), [])
  const [draft, set, replace] = useDraft()
  const usable = /** @type {any[]} */ (keys.data?.data ?? []).filter(isUsable).sort((a, b) => b.created_at - a.created_at || b.id - a.id)
  const apiKey = usable.find((it) => it.id === draft.keyId) ?? usual(usable)
  return html`<${Head} title=${t('playground.title')}>${apiKey && html`<${KeyPicker} keys=${usable} value=${apiKey} onChange=${(/** @type {number} */ keyId) => set({ keyId })} />`}
      <${Button} small kind="quiet" icon="book-open" href=${`${PREFIX}/docs`} target="_blank" rel="noopener">${t('playground.apiDocs')}<//><//>
    <${Loaded} of=${keys}>${() => apiKey
      ? html`<${Bench} apiKey=${apiKey} draft=${draft} set=${set} replace=${replace} asked=${query.get('task')} onUsed=${keys.reload} />`
      : html`<${NoKey} onMade=${keys.reload} />`}<//>`
}

/** The draft of this tab and account; what to change of it; and another in its place, with a way back. */
function useDraft() {
  const name = `playground.${session.value?.account?.id}`
  const [draft, setDraft] = useState(() => recallDraft(name))
  useKept(name, draft)
  const set = (/** @type {Partial<Draft> | ((was: Draft) => Partial<Draft>)} */ change) =>
    setDraft((was) => ({ ...was, ...(typeof change === 'function' ? change(was) : change) }))
  const replace = (/** @type {Draft} */ next, /** @type {string} */ said) => {
    setDraft(next)
    if (!isBlank(draft)) toast(said, { action: { label: t('playground.undo'), act: () => setDraft({ ...draft, opened: next.opened }) } })
  }
  return /** @type {const} */ ([draft, set, replace])
}

/** Keeps the draft for a reload. @param {string} name @param {Draft} draft */
function useKept(name, draft) {
  const latest = useRef(draft)
  latest.current = draft
  useEffect(() => {
    const timer = setTimeout(() => keepDraft(name, draft), REST_MS)
    return () => clearTimeout(timer)
  }, [draft])
  useEffect(() => {
    const leave = () => keepDraft(name, latest.current)
    addEventListener('pagehide', leave)
    return () => {
      removeEventListener('pagehide', leave)
      leave()
    }
  }, [])
}

/** @param {{ keys: readonly any[], value: any, onChange: (id: number) => void }} props */
function KeyPicker({ keys, value, onChange }) {
  const options = keys.map((it) => ({ value: String(it.id), label: `${it.name} · ${it.mask}${it.kind === 'test' ? ` · ${t('playground.test')}` : ''}` }))
  return html`<label class="row"><span class="small dim3 nowrap">${t('playground.runsWith')}</span>
      <${Select} class="mono keypick" value=${String(value.id)} options=${options} onChange=${(/** @type {string} */ id) => onChange(Number(id))} /></label>
    ${value.kind === 'test' && html`<${Tag} test>${t('playground.testFree')}<//>`}`
}

/** @param {{ onMade: () => void }} props */
function NoKey({ onMade }) {
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  // Without money only a test key makes something.
  const isPoor = balance.value !== null && dollars(balance.value.available) <= 0
  const act = async (/** @type {'live' | 'test'} */ kind) => {
    setBusy(true)
    setError(null)
    // The secret that comes with the answer is not kept: the console uses the key by its id.
    await post('/api/keys', { name: kind === 'test' ? 'Playground test' : 'Playground', kind }).then(onMade, (problem) => setError(failure(problem)))
    setBusy(false)
  }
  return html`<${Card} padded><${Empty} title=${t('playground.noKey')} text=${t('playground.noKeyWhy')}>
    <div class="row wrap"><${Button} kind=${isPoor ? 'plain' : 'lamp'} icon="key-round" busy=${busy} onClick=${() => act('live')}>${t('playground.makeKey')}<//>
      <${Button} kind=${isPoor ? 'lamp' : 'plain'} icon="flask-conical" busy=${busy} onClick=${() => act('test')}>${t('playground.makeTestKey')}<//></div>
    <a class="small" href=${to('/keys')}>${t('playground.toKeys')}</a><//>${error && html`<${Failure} error=${error} />`}<//>`
}

/** @typedef {{ apiKey: any, draft: Draft, set: (change: Partial<Draft> | ((was: Draft) => Partial<Draft>)) => void, replace: (next: Draft, said: string) => void,
 *   asked: string | null, onUsed: () => void }} BenchProps */

/** @param {BenchProps} props */
function Bench(props) {
  const models = useResource((signal) => get('/api/models', { key_id: props.apiKey.id }, { signal }), [props.apiKey.id])
  return html`<${Loaded} of=${models} lines=${6}>${(/** @type {any} */ found) => html`<div class="bench">${found.data.length > 0
    ? html`<${Desk} ...${props} models=${found.data} />`
    : html`<${NoModel} /><${Aside} ...${props} body=${null} onRunning=${() => {}} />`}</div>`}<//>`
}

function NoModel() {
  return html`<${Card} padded><${Empty} title=${t('playground.noModel')} text=${t(isOperator() ? 'playground.noModelOperator' : 'playground.noModelWhy')}>
    ${isOperator() && html`<${Button} icon="waypoints" href=${to('/admin/channels')}>${t('shell.nav.channels')}<//>`}<//><//>`
}

/** The takes beside the form: their code comes after the form's. @param {any} props as of a Screen */
function Aside(props) {
  const [Screen, setScreen] = useState(/** @type {any} */ (null))
  const [error, setError] = useState(/** @type {any} */ (null))
  useEffect(() => {
    import('./playground/screen.js').then((module) => setScreen(() => module.default), (problem) => setError(failure(problem)))
  }, [])
  return html`<div class="stack wide" id="takes">${error && html`<${Failure} error=${error} onRetry=${() => location.reload()} />`}
    ${Screen && html`<${Screen} ...${props} />`}</div>`
}

/** @param {BenchProps & { models: any[] }} props */
function Desk(props) {
  const { apiKey, draft, set, models } = props
  const [running, setRunning] = useState(0)
  const model = models.find((it) => it.id === draft.model) ?? models[0]
  const shot = fit(draft, model)
  const quote = useQuote(draft, model, shot, apiKey.id)
  const { error, busy, submit } = useSubmit({ ...props, model, shot })
  const wait = useCountdown(error)
  const why = obstacle(quote, apiKey, wait, running)
  const errors = useFieldErrors(error, FIELDS)
  useShortcut(() => why === null && submit())
  const reset = () => props.replace({ ...blank(), keyId: draft.keyId, opened: draft.opened }, t('playground.wasReset'))
  return html`<${Form} draft=${draft} set=${set} models=${models} model=${model} shot=${shot} apiKey=${apiKey} quote=${quote} errors=${errors} busy=${busy}
      waits=${wait > 0} why=${why} onSubmit=${submit} onReset=${reset} />
    <${Aside} ...${props} body=${bodyOf(draft, model, shot)} onRunning=${setRunning} />`
}

/** Sends the form. What the browser knows to be missing is said as the server would say it.
 * @param {BenchProps & { model: any, shot: import('./playground/draft.js').Shot }} props */
function useSubmit({ draft, set, apiKey, model, shot, onUsed }) {
  const [error, setError] = useState(/** @type {any} */ (null))
  const [busy, setBusy] = useState(false)
  const { prompt, seconds, resolution, ratio, pictures } = draft
  // What was said of a form that has changed since is old; a pause that was asked for goes on.
  useEffect(() => setError((/** @type {any} */ was) => (was?.status === 429 ? was : null)), [prompt, seconds, resolution, ratio, pictures, model.id, apiKey.id])
  const lack = (/** @type {string} */ param, /** @type {string} */ message) => setError(new ApiFailure(message, { param, code: 'invalid_request' }))
  const isShown = useRef(true)
  useEffect(() => () => { isShown.current = false }, [])
  const submit = async () => {
    if (busy) return
    if (prompt.trim() === '') return lack('prompt', t('playground.promptMissing'))
    if (shot.mode === null) return lack('image_urls', t('playground.imageMissing'))
    setBusy(true)
    setError(null)
    try {
      const { shoot } = await import('./playground/shoot.js')
      const id = await shoot({ ...bodyOf(draft, model, shot), key_id: apiKey.id }, shot.pictures)
      set({ opened: id })
      if (!isShown.current) return
      setQuery({ task: id })
      onUsed()
      // On a narrow screen the take is below the form.
      if (innerWidth <= NARROW) document.getElementById('takes')?.scrollIntoView()
    } catch (problem) {
      const refused = failure(problem)
      if (refused.param) refused.param = refused.param.replace(/^[^.[]*/, (name) => SAME[name] ?? name)
      setError(refused)
    }
    setBusy(false)
  }
  return { error, busy, submit }
}

/** Control or Command with Enter, wherever the focus is, but not in a dialog. @param {() => void} act */
function useShortcut(act) {
  const latest = useRef(act)
  latest.current = act
  useEffect(() => {
    const press = (/** @type {KeyboardEvent} */ event) => {
      if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey) || event.repeat || document.querySelector('dialog[open]')) return
      event.preventDefault()
      latest.current()
    }
    document.addEventListener('keydown', press)
    return () => document.removeEventListener('keydown', press)
  }, [])
}
