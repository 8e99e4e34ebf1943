// A new account: who, in which group, with what to begin with, and how its person comes in.

import { post } from '../../core/api.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { session } from '../../core/session.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { CopyButton } from '../../ui/copy.js'
import { Segments, SelectField, TextField } from '../../ui/field.js'
import { FormDialog } from '../../ui/form.js'
import { tell } from '../../ui/tell.js'
import { randomPassword } from './parts.js'

const FIELDS = ['name', 'display_name', 'role', 'group', 'password', 'credit']

/** Makes the account, and its link if that is how its person comes in.
 * @param {any} values @param {'link' | 'password'} way */
async function create(values, way) {
  const { name, display_name, role, group, credit, password } = values
  const body = { name: name.trim(), display_name, role, group, ...(credit.trim() && { credit: credit.trim() }), ...(way === 'password' && { password }) }
  const account = await post('/api/admin/accounts', body)
  if (way === 'password') return { account }
  // The account is there already: if only its link fails, its page has the button for another.
  const link = await post(`/api/admin/accounts/id:${account.id}/login-link`).catch((error) => {
    tell(error)
    return null
  })
  return { account, link }
}

/** @param {{ groups: readonly any[], onClose: () => void, done: (made: { account: any, link?: any }) => void }} props */
export function CreateDialog({ groups, onClose, done }) {
  const [values, setValues] = useState({ name: '', display_name: '', role: 'user', group: 'default', credit: '', password: '' })
  const [way, setWay] = useState(/** @type {'link' | 'password'} */ ('link'))
  const set = (/** @type {string} */ field) => (/** @type {string} */ value) => setValues((was) => ({ ...was, [field]: value }))
  const isOwner = session.value?.account?.role === 'owner'
  const names = groups.length > 0 ? groups.map((it) => it.name) : ['default']
  return html`<${FormDialog} title=${t('users.create')} icon="user-plus" action=${t('users.createDo')} fields=${FIELDS}
    onClose=${onClose} done=${done} act=${() => create(values, way)}>${(/** @type {any} */ wrong) => html`
    <div class="grid2"><${TextField} label=${t('users.signInName')} hint=${t('users.nameHint')} mono autofocus autocomplete="off" autocapitalize="none"
        spellcheck=${false} value=${values.name} onInput=${set('name')} error=${wrong('name')} />
      <${TextField} label=${t('users.displayName')} optional=${t('users.optional')} autocomplete="off" value=${values.display_name}
        onInput=${set('display_name')} error=${wrong('display_name')} /></div>
    <div class="grid2"><${SelectField} label=${t('users.group')} value=${values.group} onChange=${set('group')} error=${wrong('group')}
        options=${names.map((name) => ({ value: name, label: name }))} />
      <${TextField} label=${t('users.openingCredit')} optional=${t('users.optional')} mono inputmode="decimal" autocomplete="off" placeholder="20.00"
        end="USD" value=${values.credit} onInput=${set('credit')} error=${wrong('credit')} /></div>
    ${isOwner && html`<${Segments} label=${t('users.roleOf')} name="role" value=${values.role} onChange=${set('role')} error=${wrong('role')}
      options=${['user', 'operator'].map((it) => ({ value: it, label: t(`users.role.${it}`) }))}
      hint=${html`<p class="hint">${t(`users.roleWhat.${values.role}`)}</p>`} />`}
    <${Segments} label=${t('users.comesIn')} name="way" value=${way} onChange=${setWay}
      options=${['link', 'password'].map((it) => ({ value: it, label: t(`users.way.${it}`) }))}
      hint=${way === 'link' && html`<p class="hint">${t('users.wayLink')}</p>`} />
    ${way === 'password' && html`<${PasswordField} value=${values.password} onInput=${set('password')} error=${wrong('password')} />`}`}<//>`
}

/** A password for somebody else: seen, since it has to be told.
 * @param {{ value: string, onInput: (value: string) => void, error: string | null }} props */
export function PasswordField({ value, onInput, error }) {
  return html`<${TextField} label=${t('users.password')} hint=${t('users.passwordHint')} mono autocomplete="new-password" spellcheck=${false}
      value=${value} onInput=${onInput} error=${error} />
    <div class="row wrap"><${Button} small icon="refresh-cw" onClick=${() => onInput(randomPassword())}>${t('users.random')}<//>
      ${value && html`<${CopyButton} small text=${value} label=${t('users.copyPassword')} />`}</div>`
}
