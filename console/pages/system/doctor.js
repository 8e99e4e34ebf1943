// What the gateway finds when it looks at itself.

import { get } from '../../core/api.js'
import { ago, duration } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t, tOr } from '../../core/i18n.js'
import { failure } from '../../core/resource.js'
import { useState } from '../../vendor/hooks.js'
import { Button } from '../../ui/button.js'
import { Empty, Failure } from '../../ui/feedback.js'
import { Card, Table } from '../../ui/table.js'
import { Status } from '../../ui/values.js'

/** It hashes every kept video: how long that may take, in milliseconds. */
const LOOK_MS = 10 * 60_000

const LOOKS = /** @type {Record<string, [string, string]>} */ ({
  ok: ['good', 'circle-check'], warn: ['run', 'triangle-alert'], fail: ['bad', 'circle-x'], skip: ['', 'circle-dashed'],
})

export function Doctor() {
  const [result, setResult] = useState(/** @type {any} */ (null))
  const [error, setError] = useState(/** @type {any} */ (null))
  const [busy, setBusy] = useState(false)
  const look = async () => {
    setBusy(true)
    setError(null)
    await get('/api/admin/system/doctor', undefined, { timeoutMs: LOOK_MS }).then(setResult, (problem) => setError(failure(problem)))
    setBusy(false)
  }
  const columns = [
    { id: 'check', label: t('system.check'), lead: true, cell: (/** @type {any} */ it) => html`<b class="small">${it.check}</b>${it.name && html`<span class="sub">${it.name}</span>`}` },
    { id: 'verdict', label: t('system.verdict'), cell: (/** @type {any} */ it) => html`<${Status} tone=${LOOKS[it.verdict]?.[0]} icon=${LOOKS[it.verdict]?.[1] ?? 'circle-help'} still>${tOr(`system.verdict.${it.verdict}`, it.verdict)}<//>` },
    { id: 'detail', label: t('system.detail'), cell: (/** @type {any} */ it) => html`<span class="small">${it.detail}</span>` },
  ]
  const end = html`<${Button} small icon="activity" busy=${busy} onClick=${look}>${t('system.look')}<//>`
  return html`<${Card} title=${t('system.doctor')} text=${result ? `${ago(result.at)} · ${duration(result.took_ms)}` : undefined} end=${end}>
    ${error && html`<div class="cb"><${Failure} error=${error} onRetry=${look} /></div>`}
    ${result ? html`<${Table} caption=${t('system.doctor')} columns=${columns} rows=${result.checks.map((/** @type {any} */ it, /** @type {number} */ at) => ({ ...it, at }))} id=${(/** @type {any} */ it) => it.at} />`
      : !error && html`<${Empty} title=${t('system.notLooked')} text=${t('system.notLookedText')} />`}<//>`
}
