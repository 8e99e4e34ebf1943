// From where a key was used lately: what tells a leaked one.

import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { usePages } from '../../core/pages.js'
import { Dialog } from '../../ui/dialog.js'
import { Empty, Loaded } from '../../ui/feedback.js'
import { Table } from '../../ui/table.js'
import { Time } from '../../ui/values.js'

/** @param {{ of: any, onClose: () => void }} props */
export function Addresses({ of: key, onClose }) {
  const list = usePages(`/api/keys/${key.id}/addresses`)
  const columns = [
    { id: 'address', label: t('keys.address'), lead: true, cell: (/** @type {any} */ it) => html`<span class="mono">${it.address}</span>` },
    { id: 'client', label: t('keys.client'), cell: (/** @type {any} */ it) => html`<span class="mono small">${it.client || '—'}</span>` },
    { id: 'at', label: t('keys.lastUsed'), number: true, cell: (/** @type {any} */ it) => html`<${Time} at=${it.last_used_at} />` },
  ]
  return html`<${Dialog} title=${t('keys.addressesTitle', key.name || key.mask)} icon="waypoints" onClose=${onClose} wide>
    <${Loaded} of=${list}>${(/** @type {any[]} */ rows) => rows.length === 0 ? html`<${Empty} title=${t('keys.unusedYet')} />`
      : html`<${Table} caption=${t('keys.addressesSeen')} columns=${columns} rows=${rows} id=${(/** @type {any} */ it) => it.address + it.client} />`}<//><//>`
}
