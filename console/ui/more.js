// All places of the console, where the screen is too narrow for them to stand beside the page.

import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { overlay } from '../core/overlay.js'
import { PREFIX } from '../core/place.js'
import { to } from '../core/router.js'
import { isOperator } from '../core/session.js'
import { Dialog } from './dialog.js'
import { Icon } from './icon.js'
import { OPERATOR, WORKSPACE } from './shell.js'

/** @typedef {import('./shell.js').Item} Item */

const close = () => {
  overlay.value = null
}

export function More() {
  const item = (/** @type {Item} */ [path, icon, word]) => html`<a key=${path} href=${to(path)} onClick=${close}><${Icon} name=${icon} />${t(`shell.nav.${word}`)}</a>`
  return html`<${Dialog} title=${t('shell.tab.more')} icon="menu" onClose=${close}><nav class="more-list" aria-label=${t('shell.mainNavigation')}>
    ${WORKSPACE.map(item)}<a href=${`${PREFIX}/docs`} target="_blank" rel="noopener"><${Icon} name="book-open" />${t('shell.nav.docs')}</a>
    ${item(['/settings', 'settings', 'settings'])}${isOperator() && OPERATOR.map(item)}</nav><//>`
}
