// What an operator changes of a user: money, name, role, group, password.

import { toast } from '../../core/announce.js'
import { get, patch, post } from '../../core/api.js'
import { exact, money, number } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { amountOf, ticksOf } from '../../core/money.js'
import { useResource } from '../../core/resource.js'
import { refreshBalance, session } from '../../core/session.js'
import { useState } from '../../vendor/hooks.js'
import { Segments, SelectField, TextField } from '../../ui/field.js'
import { FormDialog } from '../../ui/form.js'
import { PasswordField } from './create.js'

/** @typedef {{ account: any, path: string, onClose: () => void, done: () => void }} Props */

/** Random bytes of the name of a grant. */
const REFERENCE_BYTES = 12

/** The name under which a grant is booked once, however often it is sent. */
function newReference() {
  const bytes = crypto.getRandomValues(new Uint8Array(REFERENCE_BYTES))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}

/** What the account could spend afterwards. @param {{ account: any, change: bigint | null }} props */
function Outcome({ account, change }) {
  if (change === null || change === 0n) return t('users.hasNow', money(account.balance.available))
  const after = amountOf(BigInt(account.balance.available.ticks) + change)
  return t('users.willHave', money(account.balance.available), exact(after))
}

/** @param {Props} props */
export function GrantDialog({ account, path, onClose, done }) {
  const [amount, setAmount] = useState('')
  const [reason, setReason] = useState('')
  const [reference] = useState(newReference)
  const act = () => post(`${path}/credit`, { amount: amount.trim(), reason, reference })
  const booked = (/** @type {any} */ transfer) => {
    toast(t('users.granted', money(transfer.amount), account.name))
    if (account.id === session.value.account.id) refreshBalance()
    done()
  }
  return html`<${FormDialog} title=${t('users.grantTo', account.name)} icon="wallet" action=${t('users.grant')} fields=${['amount', 'reason']}
    act=${act} done=${booked} onClose=${onClose}>${(/** @type {any} */ wrong) => html`
    <${TextField} label=${t('users.amount')} mono inputmode="decimal" autocomplete="off" autofocus placeholder="20.00" end="USD" value=${amount}
      onInput=${setAmount} error=${wrong('amount')} hint=${html`<${Outcome} account=${account} change=${ticksOf(amount)} />`} />
    <${TextField} label=${t('users.reason')} hint=${t('users.reasonHint')} autocomplete="off" value=${reason} onInput=${setReason} error=${wrong('reason')} />`}<//>`
}

/** @param {Props} props */
export function AdjustDialog({ account, path, onClose, done }) {
  const [sign, setSign] = useState('take')
  const [values, setValues] = useState({ amount: '', reason: '', task_id: '' })
  // A second press after an answer that was lost books nothing.
  const [reference] = useState(newReference)
  const set = (/** @type {string} */ field) => (/** @type {string} */ value) => setValues((was) => ({ ...was, [field]: value }))
  const size = ticksOf(values.amount)
  const change = size === null ? null : sign === 'take' ? -size : size
  const task = values.task_id.trim()
  const act = () => post(`${path}/adjustments`, {
    amount: `${sign === 'take' ? '-' : ''}${values.amount.trim()}`, reason: values.reason, reference, ...(task && { task_id: task }),
  })
  const booked = (/** @type {any} */ transfer) => {
    toast(t('users.adjusted', money(transfer.amount), account.name))
    if (account.id === session.value.account.id) refreshBalance()
    done()
  }
  return html`<${FormDialog} title=${t('users.adjustOf', account.name)} icon="wallet" action=${t('users.adjustDo')} fields=${['amount', 'reason', 'task_id']}
    act=${act} done=${booked} onClose=${onClose}>${(/** @type {any} */ wrong) => html`
    <${Segments} label=${t('users.direction')} name="sign" value=${sign} onChange=${setSign}
      options=${['take', 'give'].map((it) => ({ value: it, label: t(`users.sign.${it}`) }))} />
    <${TextField} label=${t('users.amount')} mono inputmode="decimal" autocomplete="off" autofocus placeholder="0.54" end="USD" value=${values.amount}
      onInput=${set('amount')} error=${wrong('amount')} hint=${html`<${Outcome} account=${account} change=${change} />`} />
    <${TextField} label=${t('users.reason')} hint=${t('users.reasonHint')} autocomplete="off" value=${values.reason} onInput=${set('reason')} error=${wrong('reason')} />
    <${TextField} label=${t('users.aboutTask')} optional=${t('users.optional')} mono autocomplete="off" spellcheck=${false} placeholder="task_…"
      value=${values.task_id} onInput=${set('task_id')} error=${wrong('task_id')} />`}<//>`
}

/** What a group's accounts pay and may have, in a line. @param {any} group */
function termsOf(group) {
  const limit = (/** @type {number | null} */ value) => (value == null ? t('users.standard') : number(value))
  return t('users.groupTerms', group.multiplier, limit(group.in_flight_max), limit(group.waiting_max), limit(group.creates_per_minute))
}

/** @param {Props} props */
export function EditDialog({ account, path, onClose, done }) {
  const [values, setValues] = useState({ display_name: account.display_name, role: account.role, group: account.group })
  const set = (/** @type {string} */ field) => (/** @type {string} */ value) => setValues((was) => ({ ...was, [field]: value }))
  const groups = useResource((signal) => get('/api/admin/groups', undefined, { signal }), []).data?.data ?? []
  const names = groups.length > 0 ? groups.map((/** @type {any} */ it) => it.name) : [account.group]
  const chosen = groups.find((/** @type {any} */ it) => it.name === values.group)
  const mayRole = session.value.account.role === 'owner' && account.role !== 'owner'
  const changes = Object.fromEntries(Object.entries(values).filter(([field, value]) => value !== account[field]))
  const saved = () => {
    toast(t('users.saved'))
    done()
  }
  return html`<${FormDialog} title=${t('users.editOf', account.name)} icon="pencil" action=${t('users.save')} fields=${['display_name', 'role', 'group']}
    disabled=${Object.keys(changes).length === 0} act=${() => patch(path, changes)} done=${saved} onClose=${onClose}>${(/** @type {any} */ wrong) => html`
    <${TextField} label=${t('users.displayName')} optional=${t('users.optional')} autocomplete="off" autofocus value=${values.display_name}
      onInput=${set('display_name')} error=${wrong('display_name')} />
    <${SelectField} label=${t('users.group')} value=${values.group} onChange=${set('group')} error=${wrong('group')}
      options=${names.map((/** @type {string} */ name) => ({ value: name, label: name }))}
      hint=${chosen && html`${termsOf(chosen)} ${values.group !== account.group && t('users.groupNext')}`} />
    ${mayRole && html`<${Segments} label=${t('users.roleOf')} name="role" value=${values.role} onChange=${set('role')} error=${wrong('role')}
      options=${['user', 'operator'].map((it) => ({ value: it, label: t(`users.role.${it}`) }))}
      hint=${html`<p class="hint">${t(`users.roleWhat.${values.role}`)}</p>`} />`}`}<//>`
}

/** @param {Props} props */
export function PasswordDialog({ account, path, onClose, done }) {
  const [password, setPassword] = useState('')
  const changed = (/** @type {any} */ answer) => {
    toast(t('users.passwordChanged', account.name, number(answer.sessions_ended)))
    done()
  }
  return html`<${FormDialog} title=${t('users.passwordOf', account.name)} icon="lock" action=${t('users.setPassword')} fields=${['password']}
    act=${() => post(`${path}/password`, { password })} done=${changed} onClose=${onClose}>${(/** @type {any} */ wrong) => html`
    <p class="dim">${t('users.passwordWhat')}</p>
    <${PasswordField} value=${password} onInput=${setPassword} error=${wrong('password')} />`}<//>`
}
