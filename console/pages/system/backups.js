// Backups: what there is, and one now.

import { toast } from '../../core/announce.js'
import { post } from '../../core/api.js'
import { bytes } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { usePages } from '../../core/pages.js'
import { failure } from '../../core/resource.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Empty, Failure, Loaded, Note } from '../../ui/feedback.js'
import { Check } from '../../ui/field.js'
import { Card, Table } from '../../ui/table.js'
import { Time } from '../../ui/values.js'

/** How long one may take, in milliseconds. */
const MAKING_MS = 30 * 60_000

/** @param {{ onMade: () => void }} props */
export function Backups({ onMade }) {
  const list = usePages('/api/admin/backups')
  const [files, setFiles] = useState(false)
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState(/** @type {any} */ (null))
  const [warnings, setWarnings] = useState(/** @type {string[]} */ ([]))
  const make = async () => {
    setBusy(true)
    setError(null)
    try {
      const made = await post('/api/admin/backups', { files }, { timeoutMs: MAKING_MS })
      setWarnings(made.warnings ?? [])
      toast(t('system.backupMade', made.name))
      list.reload()
      onMade()
    } catch (problem) {
      setError(failure(problem))
    }
    setBusy(false)
  }
  const columns = [
    { id: 'name', label: t('system.backup'), lead: true, cell: (/** @type {any} */ it) => html`<span class="mono small">${it.name}</span>` },
    { id: 'bytes', label: t('system.size'), number: true, class: 'mono small', cell: (/** @type {any} */ it) => bytes(it.bytes) },
    { id: 'at', label: t('system.made'), number: true, class: 'small', cell: (/** @type {any} */ it) => html`<${Time} at=${it.created_at} />` },
  ]
  const end = html`<span class="row wrap"><${Check} small checked=${files} onChange=${setFiles}>${t('system.withVideos')}<//>
    <${Button} small icon="save" busy=${busy} onClick=${make}>${t('system.backUp')}<//></span>`
  return html`<${Card} title=${t('system.backups')} end=${end}>
    ${(error || warnings.length > 0) && html`<div class="cb stack">${error && html`<${Failure} error=${error} />`}${warnings.map((it) => html`<${Note} key=${it} icon="triangle-alert">${it}<//>`)}</div>`}
    <${Loaded} of=${list}>${(/** @type {any[]} */ rows) => rows.length === 0 ? html`<${Empty} title=${t('system.noBackup')} text=${t('system.noBackupText')} />`
      : html`<${Table} caption=${t('system.backups')} columns=${columns} rows=${rows} id=${(/** @type {any} */ it) => it.name} />`}<//>
    <div class="foot"><span>${t('system.backupHint')}</span></div><//>`
}
