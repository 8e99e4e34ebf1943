// Beside the video: details, request and response, pictures and webhooks.

import { bytes, duration } from '../../core/format.js'
import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { to } from '../../core/router.js'
import { Code } from '../../ui/code.js'
import { samplesOf } from '../../ui/samples.js'
import { Card } from '../../ui/table.js'
import { Facts, Money, Tag, Time } from '../../ui/values.js'

/** @param {{ of: any, forOperators?: boolean }} props */
export function Aside({ of: detail, forOperators }) {
  const request = samplesOf(detail.request)
  const json = request.filter((it) => it.id === 'json')
  return html`<div class="stack wide"><${Card} title=${t('tasks.details')} padded><${Details} of=${detail} forOperators=${forOperators} /><//>
    ${forOperators && html`<${Card} title=${t('tasks.upstream')} padded><${Upstream} of=${detail} /><//>`}
    <div class="stack tight"><div class="row wrap"><h2>${t('tasks.request')}</h2><span class="mono small dim3">POST /v1/video/generations</span></div>
      <${Code} label=${t('tasks.request')} samples=${[...json, ...request.filter((it) => it.id !== 'json')]} /></div>
    <div class="stack tight"><div class="row wrap"><h2>${t('tasks.response')}</h2><span class="mono small dim3">GET …/{task_id}</span></div>
      <${Code} label=${t('tasks.response')} samples=${[{ id: 'json', label: 'JSON', kind: /** @type {const} */ ('json'), text: JSON.stringify(detail.response, null, 2) }]} /></div></div>`
}

/** @param {{ of: any, forOperators?: boolean }} props */
function Details({ of: detail, forOperators }) {
  const { file, key, images, webhooks } = detail
  const mono = (/** @type {any} */ text) => html`<span class="mono">${text}</span>`
  return html`<${Facts} of=${[
    forOperators && [t('tasks.account'), html`<a href=${to(`/admin/users/${detail.account.id}`)}>${detail.account.name}</a>`],
    [t('tasks.key'), html`${key.name || '—'} <span class="mono dim3">${key.mask}</span> ${key.kind === 'test' && html`<${Tag} test>${t('tasks.test')}<//>`}${key.deleted ? ` ${t('tasks.revoked')}` : ''}`],
    [t('tasks.sourceWord'), `${t(`tasks.source.${detail.source}`)} · ${detail.dialect}`],
    [t('tasks.created'), html`<${Time} at=${detail.task.created_at} />`],
    [t('tasks.requestId'), mono(detail.request_id)],
    [t('tasks.from'), mono(detail.address ?? '—')],
    [t('tasks.client'), mono(detail.client ?? '—')],
    [t('tasks.ignored'), detail.ignored_fields.length > 0 ? mono(detail.ignored_fields.join(', ')) : '—'],
    images.length > 0 && [t('tasks.images'), images.map(image)],
    webhooks.length > 0 && [t('tasks.webhooks'), webhooks.map(delivery)],
    file && [t('tasks.file'), mono(`${file.width}×${file.height} · ${duration(file.duration_ms)} · ${bytes(file.bytes)}`)],
    file && ['SHA-256', html`<div class="mono clip" title=${file.sha256}>${file.sha256}</div>`],
    file && [file.removed_at ? t('tasks.removed') : t('tasks.kept'), html`<${Time} at=${file.removed_at ?? file.kept_until} />`],
    detail.task.metadata && [t('tasks.metadata'), mono(JSON.stringify(detail.task.metadata))],
  ]} />`
}

/** @param {any} it @param {number} at */
const image = (it, at) => html`<div key=${at} class="small"><span class="mono">${at + 1}</span> ${it.source === 'url' ? html`<span class="mono">${it.url}</span>` : t('tasks.uploaded')}
  ${it.bytes != null && html`<span class="dim3"> · ${it.mime} · ${bytes(it.bytes)}</span>`}</div>`

/** @param {any} it */
const delivery = (it) => html`<div key=${it.id} class="small"><a href=${to(`/webhooks/${it.endpoint_id}`)}>${it.event}</a>
  <span class=${it.state === 'delivered' ? 'good' : it.state === 'failed' ? 'bad' : 'dim'}> ${t(`tasks.delivery.${it.state}`)}${it.last_status ? ` · ${it.last_status}` : ''}</span></div>`

/** What only operators see. @param {{ of: any }} props */
function Upstream({ of: detail }) {
  return html`<${Facts} of=${[
    [t('tasks.channel'), detail.channel ? html`<a href=${to(`/admin/channels?edit=${detail.channel.id}`)}>${detail.channel.name}</a>` : '—'],
    [t('tasks.attemptsWord'), detail.attempts],
    [t('tasks.upstreamId'), html`<span class="mono">${detail.upstream_id || '—'}</span>`],
    [t('tasks.upstreamCost'), html`<${Money} of=${detail.upstream_cost} />`],
    [t('tasks.margin'), html`<${Money} of=${detail.margin} class=${detail.margin?.ticks.startsWith('-') ? 'bad' : ''} />`],
    detail.failure_internal && [t('tasks.internal'), html`<span class="mono small">${detail.failure_internal}</span>`],
  ]} />`
}
