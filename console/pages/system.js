// The system: version, settings, storage, backups, checks, and the configuration in force.

import { get } from '../core/api.js'
import { bytes, duration } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useResource } from '../core/resource.js'
import { Loaded, Note } from '../ui/feedback.js'
import { Icon } from '../ui/icon.js'
import { Card, Head, Table } from '../ui/table.js'
import { Facts, Kpis, Tag } from '../ui/values.js'
import { Backups } from './system/backups.js'
import { Doctor } from './system/doctor.js'
import { Settings } from './system/settings.js'

const DAY_MS = 86_400_000
/** How often it is asked for anew, in milliseconds. */
const EVERY_MS = 30_000
/** Settings that say how long something is kept, with their unit in milliseconds. */
const STAYS = { file_seconds: 1_000, task_days: DAY_MS, webhook_delivery_days: DAY_MS, webhook_event_days: DAY_MS, idempotency_days: DAY_MS }

export default function System() {
  const system = useResource((signal) => get('/api/admin/system', undefined, { signal }), [], { everyMs: EVERY_MS })
  return html`<${Head} title=${t('system.title')} text=${t('system.text')} />
    <${Loaded} of=${system} lines=${6}>${(/** @type {any} */ it) => html`<div class="stack wide">
      ${it.insecure_cookie && html`<${Note} icon="triangle-alert" title=${t('system.open')}>${t('system.openText', it.public_url)}<//>`}
      <${Sizes} of=${it} />
      <div class="grid-main"><div class="stack wide"><${Doctor} /><${Backups} onMade=${system.reload} /></div>
        <div class="stack wide"><${Settings} /><${Card} title=${t('system.gateway')} padded><${Facts} of=${[
          [t('system.publicUrl'), html`<span class="mono">${it.public_url}</span>`],
          [t('system.listen'), html`<span class="mono">${it.listen}</span>`],
          [t('system.dataDir'), html`<span class="mono">${it.data_dir}</span>`],
          [t('system.schema'), html`<span class="mono">${it.schema_version}</span>`],
        ]} /><//>${it.config && html`<${Stays} lines=${it.config} />`}</div></div>
      ${it.config && html`<${Config} lines=${it.config} />`}</div>`}<//>`
}

/** @param {{ of: any }} props */
function Sizes({ of: { version, uptime_seconds: uptime, storage } }) {
  return html`<${Kpis} of=${[
    { label: t('system.version'), value: version, detail: t('system.upFor', duration(uptime * 1_000)) },
    { label: t('system.database'), value: bytes(storage.database_bytes), detail: t('system.databaseText') },
    { label: t('system.videos'), value: bytes(storage.videos_bytes), detail: storage.videos_count == null ? '' : t('system.count', storage.videos_count) },
    { label: t('system.backups'), value: bytes(storage.backups_bytes), detail: storage.backups_count == null ? '' : t('system.count', storage.backups_count) },
    { label: t('system.free'), value: bytes(storage.free_bytes), detail: t('system.freeText') },
  ]} />`
}

/** How long things are kept. @param {{ lines: readonly any[] }} props */
function Stays({ lines }) {
  const facts = Object.entries(STAYS).flatMap(([name, unitMs]) => {
    const value = lines.find((it) => it.key === `retention.${name}`)?.value
    return value == null ? [] : [[t(`system.stay.${name}`), duration(Number(value) * unitMs)]]
  })
  return facts.length > 0 && html`<${Card} title=${t('system.stays')} text=${t('system.staysText')} padded><${Facts} of=${facts} /><//>`
}

/** @param {{ lines: readonly any[] }} props */
function Config({ lines }) {
  const columns = [
    { id: 'key', label: t('system.key'), lead: true, cell: (/** @type {any} */ it) => html`<span class="mono small">${it.key}</span>` },
    { id: 'value', label: t('system.value'), cell: (/** @type {any} */ it) => html`<span class="mono small config">${it.hidden ? t('system.hidden') : text(it.value)}</span>` },
    { id: 'source', label: t('system.source'), cell: (/** @type {any} */ it) => html`<${Tag}>${t(`system.source.${it.source}`)}<//>` },
  ]
  return html`<details class="card fold"><summary class="ch"><${Icon} name="chevron-right" /><h2>${t('system.config')}</h2><p>${t('system.configText')}</p></summary><${Table} caption=${t('system.config')} columns=${columns} rows=${lines} id=${(/** @type {any} */ it) => it.key} /></details>`
}

/** @param {unknown} value */
const text = (value) => (typeof value === 'string' ? value : JSON.stringify(value))
