// The frame round every page: film edge, navigation, top bar; on a narrow screen a bar at the foot.

import { money, time } from '../core/format.js'
import { html } from '../core/html.js'
import { language, speak, t } from '../core/i18n.js'
import { cover, overlay } from '../core/overlay.js'
import { PREFIX, VERSION } from '../core/place.js'
import { lostAt } from '../core/reach.js'
import { place, to } from '../core/router.js'
import { balance, isOperator, session, signOut } from '../core/session.js'
import { toggle } from '../core/theme.js'
import { Button } from './button.js'
import { PageVoices } from './feedback.js'
import { Icon, Mark } from './icon.js'
import { Menu } from './menu.js'

/** Path, icon, word. @typedef {[string, string, string]} Item */

/** @type {readonly Item[]} */
export const WORKSPACE = [
  ['/', 'house', 'overview'],
  ['/playground', 'clapperboard', 'playground'],
  ['/tasks', 'list-video', 'tasks'],
  ['/keys', 'key-round', 'keys'],
  ['/usage', 'chart-column', 'usage'],
  ['/billing', 'wallet', 'billing'],
  ['/webhooks', 'webhook', 'webhooks'],
]

/** @type {readonly Item[]} */
export const OPERATOR = [
  ['/admin', 'gauge', 'dashboard'],
  ['/admin/channels', 'waypoints', 'channels'],
  ['/admin/models', 'boxes', 'models'],
  ['/admin/users', 'users', 'users'],
  ['/admin/groups', 'layers', 'groups'],
  ['/admin/credit', 'ticket', 'credit'],
  ['/admin/tasks', 'film', 'allTasks'],
  ['/admin/audit', 'scroll-text', 'audit'],
  ['/admin/system', 'server-cog', 'system'],
]

/** All places, on a narrow screen. */
async function showMore() {
  await cover((await import('./more.js')).More)
}

/** Whether a path is the current page, or a page below it. @param {string} path */
function isCurrent(path) {
  const here = place.value.path
  return path === '/' || path === '/admin' ? here === path : here === path || here.startsWith(`${path}/`)
}

/** @param {Item} item */
function link([path, icon, word]) {
  return html`<li key=${path}><a href=${to(path)} aria-current=${isCurrent(path) ? 'page' : undefined}>
    <${Icon} name=${icon} /><span>${t(`shell.nav.${word}`)}</span></a></li>`
}

const docs = () => html`<li><a href=${`${PREFIX}/docs`} target="_blank" rel="noopener"><${Icon} name="book-open" /><span>${t('shell.nav.docs')}</span></a></li>`

function Side() {
  return html`<aside class="side" aria-label="Rushes"><a class="brand" href=${to('/')}><${Mark} /><span class="brand-name">Rushes<small>样片</small></span></a>
    <nav class="nav" aria-label=${t('shell.mainNavigation')}><h2>${t('shell.workspace')}</h2><ul>${WORKSPACE.map(link)}${docs()}</ul>
    ${isOperator() && html`<h2>${t('shell.operator')}</h2><ul>${OPERATOR.map(link)}</ul>`}</nav>
    <div class="side-foot"><span>${VERSION}</span><span aria-hidden="true">24 ▸ 24A</span></div></aside>`
}

/** The switch of the language, and that of the theme. */
export function Switches() {
  return html`<${Button} kind="quiet" icon="languages" label=${t('shell.otherLanguage')}
      onClick=${() => speak(language.value === 'zh' ? 'en' : 'zh')} />
    <${Button} kind="quiet" icon="sun-moon" label=${t('shell.switchTheme')} onClick=${toggle} />`
}

function Top() {
  const account = session.value.account
  const held = balance.value?.pending ?? balance.value?.held
  return html`<header class="top"><a class="brand" href=${to('/')} aria-label=${t('shell.home')}><${Mark} /></a>
    <span class="grow"></span>
    <a class="bal" href=${to('/billing')}><b>${money(balance.value?.available)}</b><span class="crumb">${t('shell.available', held ? money(held) : null)}</span></a>
    <${Switches} />
    <${Menu} label=${t('shell.account', account.display_name || account.name)} icon="circle-user-round" actions=${[
      { label: t('shell.nav.settings'), icon: 'settings', href: to('/settings') },
      { label: t('shell.signOut'), icon: 'log-out', act: signOut },
    ]} /></header>`
}

function Tabs() {
  const items = WORKSPACE.slice(1, 4)
  const item = (/** @type {Item} */ [path, icon, word]) => html`<a key=${path} href=${to(path)} aria-current=${isCurrent(path) ? 'page' : undefined}>
    <${Icon} name=${icon} /><span>${t(`shell.tab.${word}`)}</span></a>`
  const operator = /** @type {Item[]} */ (isOperator() ? [OPERATOR[0]] : [WORKSPACE[4]])
  return html`<nav class="tabbar" aria-label=${t('shell.shortcuts')}>${[...items, ...operator].map(item)}
    <button type="button" class="tab-more" onClick=${showMore}><${Icon} name="menu" /><span>${t('shell.tab.more')}</span></button></nav>`
}

/** Says that the gateway does not answer, until it does. */
function Away() {
  if (!lostAt.value) return null
  return html`<div class="note bad banner" role="alert"><${Icon} name="wifi-off" /><div class="grow"><p class="b">${t('shell.away')}</p>
    <p class="small">${t('shell.awayText', time(lostAt.value / 1_000))}</p></div></div>`
}

/** The frame with a page in it. @param {{ children: any }} props */
export function Shell({ children }) {
  return html`<a class="skip" href="#main">${t('shell.skip')}</a><div class="app"><div class="edge" aria-hidden="true"></div><${Side} />
    <div class="page"><${Top} /><${Away} /><main class="main" id="main" tabindex="-1">${children}</main></div></div><${Tabs} />
    ${overlay.value && html`<${overlay.value} />`}<${PageVoices} />`
}
