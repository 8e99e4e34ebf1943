// A test of a channel: four steps in order, each with its time and the raw answer. Never with money
// unless that was asked for.

import { post } from '../../core/api.js'
import { ago, duration } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { failure } from '../../core/resource.js'
import { useEffect, useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Failure, Note } from '../../ui/feedback.js'
import { Icon } from '../../ui/icon.js'
import { Card } from '../../ui/table.js'
import { Money, Status } from '../../ui/values.js'

/** A video of the upstream may take a while, in milliseconds. */
const VIDEO_MS = 15 * 60_000
const LOOK_MS = 90_000

/** @param {{ of: any, spend?: boolean, kept?: any, onClose?: () => void, onDone?: () => void, onSpend?: () => void }} props */
export function Trial({ of: channel, spend = false, kept, onClose, onDone, onSpend }) {
  const [result, setResult] = useState(/** @type {any} */ (kept ?? null))
  const [error, setError] = useState(/** @type {any} */ (null))
  const [isAgreed, setAgreed] = useState(!spend)
  const [turn, setTurn] = useState(0)
  const isIdle = kept !== undefined && turn === 0
  useEffect(() => {
    if (isIdle || !isAgreed) return undefined
    const ending = new AbortController()
    setResult(null)
    setError(null)
    post(`/api/admin/channels/id:${channel.id}/test`, { spend }, { signal: ending.signal, timeoutMs: spend ? VIDEO_MS : LOOK_MS }).then(
      (answer) => { if (!ending.signal.aborted) { setResult(answer); onDone?.() } },
      (problem) => ending.signal.aborted || setError(failure(problem)),
    )
    return () => ending.abort()
  }, [isAgreed, turn])
  const isUnderWay = isAgreed && !isIdle && result === null && error === null
  // What costs money is asked for anew each time.
  const repeat = () => (spend ? setAgreed(false) : setTurn(turn + 1))
  const again = html`${onSpend && !spend && result?.ok && html`<${Button} small icon="clapperboard" onClick=${onSpend}>${t('channels.realVideo')}<//>`}<${Button} small icon="rotate-ccw" disabled=${isUnderWay || !isAgreed} onClick=${repeat}>${t('channels.testAgain')}<//>
    ${onClose && html`<${Button} small kind="quiet" icon="x" label=${t('shell.close')} onClick=${onClose} />`}`
  return html`<${Card} title=${t('channels.testOf', channel.name)} end=${html`<span class="row">${again}</span>`} padded>
    ${!isAgreed ? html`<${Note} icon="triangle-alert" title=${t('channels.costs')} end=${html`<${Button} onClick=${() => setAgreed(true)}>${t('channels.spend')}<//>`}>
        <span>${t('channels.costsText')} ${priceOf(channel)}</span><//>`
      : error ? html`<${Failure} error=${error} />` : result ? html`<${Result} of=${result} />`
      : html`<p class="row" aria-live="polite"><${Status} tone="run" icon="loader-circle">${t(spend ? 'channels.filming' : 'channels.testing')}<//></p>`}<//>`
}

/** What a second of the cheapest video costs, by the channel's own prices. @param {any} channel */
function priceOf(channel) {
  const all = Object.values(channel.costs ?? {}).flatMap((/** @type {any} */ it) => Object.entries(it.per_second ?? {}))
  const [cheapest] = all.sort(([, one], [, other]) => Number(one) - Number(other))
  return cheapest ? t('channels.costsSecond', cheapest[1], cheapest[0]) : t('channels.costsUnknown')
}

/** A result, or what a probe of a channel that is not there yet came to. @param {{ of: any }} props */
export function Result({ of: result }) {
  const steps = result.steps ?? []
  return html`<div class="stack" data-test=${result.ok ? 'ok' : 'bad'}>
    <div class="row wrap"><${Status} tone=${result.ok ? 'good' : 'bad'} icon=${result.ok ? 'circle-check' : 'circle-x'}>${t(result.ok ? 'channels.fine' : 'channels.broken')}<//>
      ${result.at && html`<span class="small dim3">${ago(result.at)}</span>`}<span class="small dim3">${duration(result.took_ms)}</span>
      ${result.cost && html`<span class="small">${t('channels.itCost')} <${Money} of=${result.cost} /></span>`}</div>
    ${steps.length > 0 && html`<ol class="stack tight">${steps.map(step)}</ol>`}
    ${result.error && html`<p class="b small">${tOr(`channels.error.${result.error}`, result.error)}. ${tOr(`channels.advice.${result.error}`, '')}</p>`}
    ${result.findings?.length > 0 && html`<ul class="stack tight">${result.findings.map((/** @type {string} */ it) => html`<li key=${it} class="small dim">${it}</li>`)}</ul>`}</div>`
}

/** @param {any} it */
function step(it) {
  const [tone, icon] = it.ok === true ? ['good', 'circle-check'] : it.ok === false ? ['bad', 'circle-x'] : ['dim3', 'circle-dashed']
  return html`<li key=${it.step} class="stack tight"><div class="row"><span class=${tone}><${Icon} name=${icon} label=${t(`channels.went.${it.ok === null ? 'not' : it.ok}`)} /></span>
    <span class=${`grow ${it.ok === false ? 'b' : ''}`}>${tOr(`channels.step.${it.step}`, it.step)}</span><span class="mono small dim3">${duration(it.took_ms)}</span></div>
    ${it.answer && html`<details><summary class="small dim3">${t('channels.answer')}</summary><pre class="answer mono small" tabindex="0">${it.answer}</pre></details>`}</li>`
}
