// A user: facts, money, keys without their secrets, latest tasks, and what an operator can do.

import { toast } from '../core/announce.js'
import { get, patch, post, remove } from '../core/api.js'
import { number } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useResource } from '../core/resource.js'
import { to } from '../core/router.js'
import { session } from '../core/session.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Confirm } from '../ui/dialog.js'
import { Failure, Note, Skeleton } from '../ui/feedback.js'
import { FormDialog } from '../ui/form.js'
import { Menu } from '../ui/menu.js'
import { Card, Head } from '../ui/table.js'
import { Facts, Kpis, Money, Time } from '../ui/values.js'
import { Keys, Ledger, Tasks } from './users/cards.js'
import { AdjustDialog, EditDialog, GrantDialog, PasswordDialog } from './users/dialogs.js'
import { Enabled, LinkDialog } from './users/parts.js'

/** @typedef {'grant' | 'adjust' | 'edit' | 'password' | 'link' | 'sessions' | 'disable' | null} Open */

/** @param {{ params: Record<string, string> }} props */
export default function User({ params }) {
  const path = pathOf(params.id)
  // Counts what was changed here: all that the page shows is asked for again.
  const [turn, setTurn] = useState(0)
  const account = useResource((signal) => get(path, undefined, { signal }), [path, turn])
  const { data, error, reload } = account
  if (!data) {
    return html`<${Head} title=${t('users.user')} />
      <section class="card"><div class="cb">${error ? html`<${Failure} error=${error} onRetry=${reload} />` : html`<${Skeleton} lines=${5} />`}</div></section>`
  }
  const changed = () => setTurn((count) => count + 1)
  return html`<${Loaded} account=${data} path=${path} turn=${turn} changed=${changed} error=${error} />`
}

/** The account in an address: by its id, or by its name. @param {string} id */
const pathOf = (id) => `/api/admin/accounts/${/^\d+$/.test(id) ? `id:${id}` : encodeURIComponent(id)}`

/** @param {{ account: any, path: string, turn: number, changed: () => void, error: any }} props */
function Loaded({ account, path, turn, changed, error }) {
  const [open, setOpen] = useState(/** @type {Open} */ (null))
  const { balance } = account
  return html`<${Top} account=${account} open=${setOpen} enable=${() => enable(path, account).then(changed, fail)} />
    <div class="stack wide">
      ${error && html`<${Failure} error=${error} onRetry=${changed} />`}
      ${!account.enabled && html`<${Note} icon="ban" tone="bad" title=${t('users.isDisabled')}>${t('users.isDisabledWhat')}<//>`}
      <${Kpis} of=${[
        { label: t('users.available'), value: html`<${Money} of=${balance.available} />`, detail: t('users.availableWhat') },
        { label: t('users.heldNow'), value: html`<${Money} of=${balance.pending} />`, detail: t('users.heldWhat', number(account.tasks.waiting), number(account.tasks.in_flight)) },
        { label: t('users.paid'), value: html`<${Money} of=${balance.posted} />`, detail: t('users.paidWhat') },
        { label: t('users.given'), value: html`<${Money} of=${balance.credits} />`, detail: html`${t('users.corrections')} <${Money} of=${balance.adjustments} />` },
      ]} />
      <div class="grid-main"><div class="stack wide">
        <${Ledger} path=${path} turn=${turn} />
        <${Tasks} account=${account} turn=${turn} /></div>
        <div class="stack wide"><${Who} account=${account} />
        <${Keys} path=${path} turn=${turn} changed=${changed} /></div></div></div>
    ${open && html`<${Opened} open=${open} account=${account} path=${path} changed=${changed} onClose=${() => setOpen(null)} />`}`
}

/** What went wrong outside a dialog. @param {Error} error */
const fail = (error) => toast(error.message, { tone: 'bad' })

/** @param {string} path @param {any} account */
async function enable(path, account) {
  await patch(path, { enabled: true })
  toast(t('users.nowEnabled', account.name))
}

/** @param {{ account: any, open: (what: Open) => void, enable: () => void }} props */
function Top({ account, open, enable }) {
  const me = session.value.account
  const isMe = me.id === account.id
  // The API says so too: operators rule users, the owner rules all.
  const mayRule = me.role === 'owner' || account.role === 'user'
  const mayOpen = mayRule && !isMe
  const actions = [
    mayRule && { label: t('users.edit'), icon: 'pencil', act: () => open('edit') },
    { label: t('users.adjust'), icon: 'wallet', act: () => open('adjust') },
    mayOpen && { label: t('users.setPassword'), icon: 'lock', act: () => open('password') },
    mayRule && { label: t('users.signOutAll'), icon: 'log-out', act: () => open('sessions') },
    mayOpen && account.role !== 'owner' && (account.enabled
      ? { label: t('users.disable'), icon: 'ban', danger: true, act: () => open('disable') }
      : { label: t('users.enable'), icon: 'power', act: enable }),
  ]
  const words = [account.name, t(`users.role.${account.role}`), account.group, isMe && t('users.you')].filter(Boolean).join(' · ')
  return html`<${Head} title=${account.display_name || account.name} text=${words}>
    <${Button} kind="quiet" icon="arrow-left" href=${to('/admin/users')}>${t('users.title')}<//>
    ${mayOpen && account.enabled && html`<${Button} icon="link" onClick=${() => open('link')}>${t('users.makeLink')}<//>`}
    <${Button} kind="lamp" icon="plus" onClick=${() => open('grant')}>${t('users.grant')}<//>
    <${Menu} label=${t('users.actions')} actions=${actions} /><//>`
}

/** @param {{ account: any }} props */
function Who({ account }) {
  const usage = useResource((signal) => get('/api/admin/usage', { account: `id:${account.id}` }, { signal }), [account.id]).data?.total
  const audit = to(`/admin/audit?account=${encodeURIComponent(`id:${account.id}`)}`)
  return html`<${Card} title=${t('users.facts')} padded end=${html`<${Button} kind="quiet" small icon="scroll-text" href=${audit}>${t('users.audit')}<//>`}>
    <${Facts} of=${[
      [t('users.state'), html`<${Enabled} is=${account.enabled} />`],
      [t('users.signInName'), html`<span class="mono">${account.name}</span>`],
      [t('users.id'), html`<span class="mono">${account.id}</span>`],
      [t('users.roleOf'), t(`users.role.${account.role}`)],
      [t('users.group'), html`<a href=${to('/admin/groups')}>${account.group}</a>`],
      [t('users.password'), t(account.has_password ? 'users.passwordSet' : 'users.passwordNone')],
      [t('users.made'), html`<${Time} at=${account.created_at} />`],
      [t('users.month'), usage ? html`${t('users.monthSum', number(usage.succeeded), number(usage.failed), number(usage.cancelled))} <${Money} of=${usage.amount} />` : '—'],
    ]} /><//>`
}

/** The dialog that is open.
 * @param {{ open: Open, account: any, path: string, changed: () => void, onClose: () => void }} props */
function Opened({ open, account, path, changed, onClose }) {
  const done = () => {
    onClose()
    changed()
  }
  const common = { account, path, onClose, done }
  switch (open) {
    case 'grant': return html`<${GrantDialog} ...${common} />`
    case 'adjust': return html`<${AdjustDialog} ...${common} />`
    case 'edit': return html`<${EditDialog} ...${common} />`
    case 'password': return html`<${PasswordDialog} ...${common} />`
    case 'link': return html`<${MakeLink} ...${common} />`
    case 'sessions': return html`<${Confirm} title=${t('users.signOutTitle', account.name)} action=${t('users.signOutAll')} onClose=${onClose}
      act=${() => signOutAll(path)}><p>${t('users.signOutWhat')}</p><//>`
    case 'disable': return html`<${Confirm} title=${t('users.disableTitle', account.name)} action=${t('users.disable')} onClose=${done}
      act=${() => patch(path, { enabled: false })}><${WhatDisabling} tasks=${account.tasks} /><//>`
    default: return null
  }
}

/** @param {string} path */
async function signOutAll(path) {
  const ended = await remove(`${path}/sessions`)
  toast(t('users.signedOut', number(ended.count)))
}

/** What happens to what they have now. @param {{ tasks: any }} props */
function WhatDisabling({ tasks }) {
  const count = tasks.waiting + tasks.in_flight
  return html`<ul class="stack tight"><li>${t('users.disableSessions')}</li><li>${t('users.disableKeys')}</li>
    <li>${count > 0 ? t('users.disableTasks', number(tasks.waiting), number(tasks.in_flight)) : t('users.disableNoTasks')}</li>
    <li>${t('users.disableMoney')}</li></ul>`
}

/** Asks first, since a link opens the account to who has it.
 * @param {{ account: any, path: string, onClose: () => void }} props */
function MakeLink({ account, path, onClose }) {
  const [link, setLink] = useState(/** @type {any} */ (null))
  if (link) return html`<${LinkDialog} link=${link} name=${account.name} onClose=${onClose} />`
  return html`<${FormDialog} title=${t('users.linkTitle', account.name)} icon="link" action=${t('users.makeLink')} fields=${[]} onClose=${onClose}
    act=${() => post(`${path}/login-link`)} done=${setLink}>${() => html`<p>${t('users.linkWhat')}</p>`}<//>`
}
