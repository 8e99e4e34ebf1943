// What a take costs before it is made, and the button that makes it.

import { post } from '../../core/api.js'
import { amountOf } from '../../core/money.js'
import { money } from '../../core/format.js'
import { html, names } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { failure, useInterval } from '../../core/resource.js'
import { to } from '../../core/router.js'
import { balance } from '../../core/session.js'
import { useEffect, useRef, useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { isLink } from '../../ui/pictures.js'
import { Money } from '../../ui/values.js'
import { TAKES_MAX, bodyOf } from './draft.js'

/** For how long a form is left alone before its price is asked for, in milliseconds. */
const PAUSE_MS = 250
/** What stands for a file while only its number counts: one transparent pixel. */
const PIXEL = 'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='

/** @typedef {{ estimate: any, error: import('../../core/api.js').ApiFailure | null, fresh: boolean }} Quote */

/** The price of a shot: the latest that is known stays while the next is asked for.
 * @param {import('./draft.js').Draft} draft @param {import('./draft.js').Model | undefined} model
 * @param {import('./draft.js').Shot | null} shot @param {number | undefined} keyId @returns {Quote} */
export function useQuote(draft, model, shot, keyId) {
  const [quote, setQuote] = useState(/** @type {Quote} */ ({ estimate: null, error: null, fresh: false }))
  // The price hangs on no word of the prompt.
  const body = model && shot?.mode && keyId !== undefined
    ? { ...bodyOf({ ...draft, prompt: '…' }, model, shot, (it) => (isLink(it) ? it.url : PIXEL)), key_id: keyId } : null
  const text = JSON.stringify(body)
  useEffect(() => {
    if (body === null) return setQuote({ estimate: null, error: null, fresh: false })
    setQuote((was) => ({ ...was, fresh: false }))
    const ending = new AbortController()
    const timer = setTimeout(() => {
      post('/api/tasks/estimate', body, { signal: ending.signal }).then(
        (estimate) => ending.signal.aborted || setQuote({ estimate, error: null, fresh: true }),
        (error) => ending.signal.aborted || setQuote({ estimate: null, error: failure(error), fresh: true }),
      )
    }, PAUSE_MS)
    return () => {
      clearTimeout(timer)
      ending.abort()
    }
  }, [text, balance.value?.available.ticks])
  return quote
}

/** Seconds until a refusal with a time limit is over. @param {import('../../core/api.js').ApiFailure | null} error */
export function useCountdown(error) {
  const [wait, setWait] = useState(0)
  const until = useRef(0)
  useEffect(() => {
    const seconds = error?.status === 429 ? (error.retryAfterSeconds ?? 1) : 0
    until.current = Date.now() + seconds * 1_000
    setWait(seconds)
  }, [error])
  useInterval(() => setWait(Math.max(0, Math.ceil((until.current - Date.now()) / 1_000))), wait > 0 ? 500 : undefined)
  return wait
}

/** How much is missing, in ticks: of the balance, or of what the key may spend.
 * @param {any} estimate @param {any} key */
function missing(estimate, key) {
  const cost = BigInt(estimate.cost.ticks)
  const over = (/** @type {any} */ limit, /** @type {any} */ used) => (limit ? cost + BigInt(used.ticks) - BigInt(limit.ticks) : 0n)
  if (estimate.reason === 'insufficient_quota') return balance.value ? cost - BigInt(balance.value.available.ticks) : 0n
  const [all, month] = [over(key.budget, key.used), over(key.month_budget, key.month_used)]
  return all > month ? all : month
}

/** Why the button does not make the take, in its own words; null if it does.
 * @param {Quote} quote @param {any} key @param {number} wait @param {number} running */
export function obstacle(quote, key, wait, running) {
  if (wait > 0) return t('playground.waitFor', wait)
  if (running >= TAKES_MAX) return t('playground.tooMany', TAKES_MAX)
  const { estimate } = quote
  if (!estimate || estimate.sufficient) return null
  const ticks = missing(estimate, key)
  const sum = ticks > 0n ? money(amountOf(ticks)) : null
  return estimate.reason === 'key_budget_exceeded' ? t('playground.budgetShort', sum) : t('playground.balanceShort', sum)
}

const isApple = /Mac|iPhone|iPad/.test(navigator.platform)

/**
 * @param {{ quote: Quote, model: import('./draft.js').Model, shot: import('./draft.js').Shot, apiKey: any, busy: boolean, why: string | null }} props
 *   `why` there is nothing to press.
 */
export function Price({ quote, model, shot, apiKey, busy, why }) {
  const { estimate, error, fresh } = quote
  const reason = estimate?.reason && estimate.sufficient ? tOr(`errors.${estimate.reason}`, estimate.reason) : null
  return html`<div class="quote"><div class=${names('sum', !fresh && estimate && 'old')}>
      <b>${estimate ? html`<${Money} of=${estimate.cost} />` : '—'}</b>
      <span class="small dim3">${error ? tOr(`errors.${error.code}`, error.message) : reason ?? sum(model, shot, apiKey)}</span>
      ${estimate && !estimate.sufficient && html`<${WayOut} reason=${estimate.reason} />`}</div>
    <${Button} kind="lamp" type="submit" icon="clapperboard" busy=${busy} disabled=${why !== null} aria-keyshortcuts=${isApple ? 'Meta+Enter' : 'Control+Enter'}>
      ${why ?? html`${t('playground.generate')}<kbd aria-hidden="true">${isApple ? '⌘ ↵' : 'Ctrl ↵'}</kbd>`}<//></div>`
}

/** Where money comes from. @param {{ reason: string }} props */
function WayOut({ reason }) {
  const isBudget = reason === 'key_budget_exceeded'
  return html`<a class="small" href=${to(isBudget ? '/keys' : '/billing')}>${t(isBudget ? 'playground.raiseBudget' : 'playground.addCredit')}</a>`
}

/** How the price comes about. @param {import('./draft.js').Model} model @param {import('./draft.js').Shot} shot @param {any} key */
function sum(model, shot, key) {
  if (shot.mode === null) return t('playground.mode.none')
  if (key.kind === 'test') return t('playground.testFree')
  const { per_second, per_image } = model.pricing
  const pictures = shot.pictures.length
  const price = per_second[shot.resolution]
  return t('playground.sum', shot.seconds, price ?? '—', pictures > 0 && Number(per_image) > 0 ? [pictures, per_image] : null)
}
