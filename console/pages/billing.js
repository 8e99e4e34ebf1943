// Billing: what the account has, where its money went, and codes to redeem.
//
// Guarantees: a sum is to the cent, and where the pointer rests it is exact; every line says in words
// what it did to what can be spent.

import { toast } from '../core/announce.js'
import { address, get, post } from '../core/api.js'
import { exact, money } from '../core/format.js'
import { html } from '../core/html.js'
import { t, tOr } from '../core/i18n.js'
import { failure, useResource } from '../core/resource.js'
import { setQuery, to } from '../core/router.js'
import { balance, refreshBalance } from '../core/session.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Empty, Failure, Loaded, Note } from '../ui/feedback.js'
import { TextField, useFieldErrors } from '../ui/field.js'
import { Card, Head, Table } from '../ui/table.js'
import { Kpis, Money, Time } from '../ui/values.js'

/** Lines on a page. */
const LINES = 50
/** How often the newest lines are asked for, in milliseconds. */
const EVERY_MS = 10_000

/** @param {{ query: URLSearchParams }} props */
export default function Billing({ query }) {
  const after = query.get('after')
  const ledger = useResource((signal) => get('/api/ledger', { limit: LINES, after }, { signal }), [after],
    { everyMs: after ? undefined : EVERY_MS })
  const newest = after ? null : ledger.data?.data[0]?.sequence
  useEffect(() => {
    // A line more: the sums above have moved with it.
    if (newest != null) refreshBalance()
  }, [newest])
  const redeemed = () => {
    if (after) setQuery({ after: null })
    else ledger.reload()
  }
  return html`<${Head} title=${t('billing.title')} text=${t('billing.text')}>
      <${Button} icon="download" href=${address('/api/ledger.csv')} download>${t('billing.csv')}<//><//>
    <div class="stack wide"><${Sums} /><${Redeem} onDone=${redeemed} />
      <${Card} title=${t('billing.ledger')} text=${t('billing.ledgerText')}>
        <${Loaded} of=${ledger} lines=${6}>${(/** @type {any} */ list) => html`<${Ledger} list=${list} after=${after} />`}<//><//></div>`
}

function Sums() {
  const { available, pending, posted, credits, adjustments } = balance.value
  const corrected = adjustments.ticks !== '0' && t('billing.corrected', money(adjustments))
  const isOut = BigInt(available.ticks) <= 0n
  return html`${isOut && html`<${Note} icon="triangle-alert" title=${t('billing.out')}>${t('billing.outText')}<//>`}
    <${Kpis} of=${[
      { label: t('billing.available'), value: html`<${Money} of=${available} />`, detail: t('billing.availableWhy') },
      { label: t('billing.held'), value: html`<${Money} of=${pending} />`, detail: t('billing.heldWhy') },
      { label: t('billing.spent'), value: html`<${Money} of=${posted} />`, detail: t('billing.spentWhy') },
      { label: t('billing.credited'), value: html`<${Money} of=${credits} />`, detail: corrected || t('billing.creditedWhy') },
    ]} />`
}

/** @param {{ onDone: () => void }} props */
function Redeem({ onDone }) {
  const [code, setCode] = useState('')
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const errors = useFieldErrors(error, ['code'])
  const submit = async (/** @type {Event} */ event) => {
    event.preventDefault()
    setBusy(true)
    setError(null)
    try {
      const line = await post('/api/redeem', { code })
      setCode('')
      toast(t('billing.redeemed', money(line.amount)))
      await refreshBalance()
      onDone()
    } catch (problem) {
      setError(failure(problem))
    }
    setBusy(false)
  }
  return html`<${Card} title=${t('billing.redeem')} text=${t('billing.redeemText')} padded>
    <form class="stack" ref=${errors.form} novalidate onSubmit=${submit}>
      <div class="grid2"><${TextField} label=${t('billing.code')} mono placeholder="RC-XXXX-XXXX-XXXX-XXXX-XXXX" autocomplete="off"
          autocapitalize="characters" spellcheck=${false} maxlength="100" value=${code} onInput=${setCode} error=${errors.of('code')} hint=${t('billing.codeHint')} /></div>
      <div class="row"><${Button} type="submit" icon="ticket" busy=${busy} disabled=${code.trim() === ''}>${t('billing.redeemIt')}<//></div>
      ${errors.rest && html`<${Failure} error=${errors.rest} />`}</form><//>`
}

/** What a line did to what can be spent: took, gave, or neither, since a charge takes what was held.
 * @param {any} line @returns {-1 | 0 | 1} */
function direction({ kind, amount }) {
  if (amount.ticks === '0' || kind === 'post') return 0
  if (kind === 'hold') return -1
  return amount.ticks.startsWith('-') ? -1 : 1
}

/** The size of an amount. @param {import('../core/format.js').Amount} of */
const size = ({ amount, ticks }) => ({ amount: amount.replace('-', ''), ticks: ticks.replace('-', '') })

/** @param {any} line */
function change(line) {
  const way = direction(line)
  const amount = size(line.amount)
  const sign = way < 0 ? '−' : way > 0 ? '+' : ''
  return html`<span class=${way > 0 ? 'mono good' : way < 0 ? 'mono' : 'mono dim'} title=${ticks(line.amount)}>${sign}${money(amount)}</span>`
}

/** @param {import('../core/format.js').Amount} amount */
const ticks = (amount) => t('billing.exact', exact(amount), amount.ticks)

/** What a line is. @param {any} line */
function word({ kind, id, reason }) {
  if (kind === 'void') return t(reason === 'cancelled' ? 'billing.kind.cancelled' : 'billing.kind.void')
  if (kind === 'credit') {
    const name = id.split(':')[2] ?? ''
    if (name.startsWith('code-')) return t('billing.kind.code')
    return t(name === 'first' ? 'billing.kind.first' : 'billing.kind.credit')
  }
  return tOr(`billing.kind.${kind}`, kind)
}

/** Why, in our words for what the gateway says, in theirs for what people wrote. @param {any} line */
function why({ kind, id, reason, actor }) {
  if (kind === 'void') return reason === 'cancelled' || !reason ? null : tOr(`errors.task.${reason}`, reason)
  if (kind === 'post') return t('billing.fromHeld')
  if (kind === 'credit' && id.includes(':code-')) return reason?.replace(/^redemption code /, '')
  const by = actor && actor !== 'system' && t('billing.by', actor)
  return [reason, by].filter(Boolean).join(' · ') || null
}

/** @param {any} line */
function what(line) {
  const more = why(line)
  return html`<span class="b">${word(line)}</span>${more && html`<span class="sub">${more}</span>`}`
}

/** @param {any} line */
function task({ task_id, model, seconds }) {
  if (!task_id) return html`<span class="dim3">—</span>`
  return html`<div class="clip"><a class="id" href=${to(`/tasks/${task_id}`)} title=${task_id}>${short(task_id)}</a>
    ${model && html`<span class="sub">${t('billing.spec', model, seconds)}</span>`}</div>`
}

/** An id that fits a column; the link has it whole. @param {string} id */
const short = (id) => `${id.slice(0, 9)}…${id.slice(-6)}`

const COLUMNS = () => [
  { id: 'what', label: t('billing.what'), lead: true, cell: what },
  { id: 'task', label: t('billing.task'), cell: task },
  { id: 'amount', label: t('billing.amount'), number: true, cell: change },
  { id: 'after', label: t('billing.after'), number: true,
    cell: (/** @type {any} */ line) => html`<span class="mono" title=${ticks(line.available_after)}>${money(line.available_after)}</span>` },
  { id: 'at', label: t('billing.at'), number: true, cell: (/** @type {any} */ line) => html`<${Time} at=${line.created_at} />` },
]

/** @param {{ list: any, after: string | null }} props */
function Ledger({ list, after }) {
  const top = useRef(/** @type {HTMLElement | null} */ (null))
  const lines = list.data
  const show = (/** @type {string | null} */ next) => {
    setQuery({ after: next })
    top.current?.scrollIntoView({ block: 'nearest' })
  }
  if (lines.length === 0 && !after) return html`<${Empty} title=${t('billing.empty')} text=${t('billing.emptyText')} />`
  return html`<div ref=${top}><${Table} caption=${t('billing.ledger')} columns=${COLUMNS()} rows=${lines} id=${(/** @type {any} */ line) => line.sequence} />
    <div class="foot"><span>${lines.length > 0 && t('billing.lines', lines[0].sequence, lines[lines.length - 1].sequence)}</span>
      <span class="row">${after && html`<${Button} small icon="chevron-left" onClick=${() => show(null)}>${t('billing.newest')}<//>`}
        ${list.has_more && html`<${Button} small icon="chevron-right" onClick=${() => show(list.next_after)}>${t('billing.older')}<//>`}</span></div></div>`
}
