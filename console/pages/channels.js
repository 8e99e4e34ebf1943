// Channels: where the work goes.

import { toast } from '../core/announce.js'
import { get, patch, remove } from '../core/api.js'
import { html } from '../core/html.js'
import { t, tOr } from '../core/i18n.js'
import { usePages } from '../core/pages.js'
import { useResource } from '../core/resource.js'
import { setQuery } from '../core/router.js'
import { useState } from '../vendor/hooks.js'
import { Button } from '../ui/button.js'
import { Health } from '../ui/chart.js'
import { Confirm } from '../ui/dialog.js'
import { Empty, Loaded } from '../ui/feedback.js'
import { Switch } from '../ui/field.js'
import { Icon } from '../ui/icon.js'
import { Menu } from '../ui/menu.js'
import { Card, Foot, Head, Table } from '../ui/table.js'
import { Money, Tag } from '../ui/values.js'
import { tell } from '../ui/tell.js'
import { Breaker } from './channels/breaker.js'
import { ChannelForm } from './channels/form.js'
import { Trial } from './channels/trial.js'

/** How often the list is asked for anew, in milliseconds. */
const EVERY_MS = 5_000

/** @param {{ query: URLSearchParams }} props */
export default function Channels({ query }) {
  const list = usePages('/api/admin/channels', {}, { everyMs: EVERY_MS })
  const presets = useResource((signal) => get('/api/admin/presets', undefined, { signal }), [])
  const [dropping, setDropping] = useState(/** @type {any} */ (null))
  const [trial, setTrial] = useState(/** @type {{ channel: any, spend: boolean } | null} */ (null))
  const close = () => setQuery({ add: null, edit: null })
  const preset = query.get('add')
  const edited = list.data?.find((it) => String(it.id) === query.get('edit'))
  const isFormOpen = presets.data && ((preset !== null && presets.data.data.length > 0) || edited)
  const saved = (/** @type {any} */ channel) => {
    list.reload()
    close()
    toast(t('channels.saved', channel.name))
    if (!edited) setTrial({ channel, spend: false })
  }
  return html`<${Head} title=${t('channels.title')} text=${t('channels.text')}>
      <${Button} kind="lamp" icon="plus" onClick=${() => setQuery({ add: 'xai' })}>${t('channels.add')}<//><//>
    <div class="stack wide"><${Card}><${Loaded} of=${list}>${(/** @type {any[]} */ rows) => rows.length === 0 ? html`<${Empty} title=${t('channels.empty')} text=${t('channels.emptyText')} />`
      : html`<${List} rows=${rows} list=${list} setTrial=${setTrial} setDropping=${setDropping} />`}<//><//>
      <div class="grid-main">${trial ? html`<${Trial} key=${`${trial.channel.id}${trial.spend}`} of=${trial.channel} spend=${trial.spend} onSpend=${() => setTrial({ ...trial, spend: true })} onClose=${() => setTrial(null)} onDone=${list.reload} />`
        : html`<${Kept} rows=${list.data ?? []} />`}
        <${Presets} of=${presets} /></div></div>
    ${isFormOpen && html`<${ChannelForm} key=${edited?.id ?? 'new'} of=${edited} preset=${preset} isFirst=${list.data?.length === 0} presets=${presets.data?.data} onClose=${close} onDone=${saved} />`}
    ${dropping && html`<${Confirm} title=${t('channels.deleteTitle', dropping.name)} action=${t('channels.delete')} typed=${dropping.name} onClose=${() => setDropping(null)}
      act=${() => remove(`/api/admin/channels/id:${dropping.id}`).then(() => { toast(t('channels.deleted', dropping.name)); list.reload() })}>
      <p>${t('channels.deleteText', dropping.jobs)}</p><//>`}`
}

/** The kinds that a new channel can be. @param {{ of: import('../core/resource.js').Resource<any> }} props */
function Presets({ of }) {
  return html`<${Card} title=${t('channels.add')}><${Loaded} of=${of}>${(/** @type {any} */ list) => html`<div class="cb stack tight">
    ${list.data.map((/** @type {any} */ it) => html`<button key=${it.name} class="btn preset" type="button" onClick=${() => setQuery({ add: it.name })}>
      <${Icon} name=${it.name === 'xai' ? 'sparkles' : it.needs_api_key ? 'waypoints' : 'cpu'} /><span><b>${tOr(`channels.preset.${it.name}`, it.name)}</b>
      <span class="sub">${tOr(`channels.presetText.${it.name}`, it.description)}</span></span></button>`)}</div>`}<//><//>`
}

/** The test results that channels keep. @param {{ rows: readonly any[] }} props */
function Kept({ rows }) {
  const tested = rows.filter((it) => it.last_test).sort((a, b) => b.last_test.at - a.last_test.at)
  if (tested.length === 0) return html`<${Card} title=${t('channels.tests')}><${Empty} title=${t('channels.untested')} text=${t('channels.untestedText')} /><//>`
  return html`<${Trial} key=${tested[0].id} of=${tested[0]} kept=${tested[0].last_test} />`
}

/** @param {{ rows: any[], list: import('../core/pages.js').Pages, setTrial: (it: any) => void, setDropping: (it: any) => void }} props */
function List({ rows, list, setTrial, setDropping }) {
  const columns = [
    { id: 'name', label: t('channels.channel'), lead: true, cell: (/** @type {any} */ it) => html`<${Name} of=${it} list=${list} />` },
    { id: 'priority', label: t('channels.priority'), number: true, class: 'mono small', cell: (/** @type {any} */ it) => it.priority },
    { id: 'weight', label: t('channels.weight'), number: true, class: 'mono small', cell: (/** @type {any} */ it) => it.weight },
    { id: 'breaker', label: t('channels.breaker'), cell: (/** @type {any} */ it) => html`<${Breaker} of=${it} />` },
    { id: 'health', label: t('channels.lastHours'), cell: (/** @type {any} */ it) => it.health ? html`<${Health} slots=${it.health.slots} label=${health(it.health.slots)} />` : '—' },
    { id: 'models', label: t('channels.mapping'), cell: mapping },
    { id: 'jobs', label: t('channels.inUse'), number: true, class: 'mono small', cell: (/** @type {any} */ it) => `${it.jobs} / ${it.max_concurrency}` },
    { id: 'cost', label: t('channels.cost24h'), number: true, class: 'small', cell: (/** @type {any} */ it) => html`<${Money} of=${it.cost_24h} />` },
    { id: 'act', label: t('channels.actions'), hidden: true, number: true, class: 'act', cell: (/** @type {any} */ it) => html`<span class="row">
      <${Button} small icon="zap" onClick=${() => setTrial({ channel: it, spend: false })}>${t('channels.test')}<//>
      <${Menu} label=${t('channels.actionsFor', it.name)} actions=${[
        { label: t('channels.testReal'), icon: 'film', act: () => setTrial({ channel: it, spend: true }) },
        !it.read_only && { label: t('channels.edit'), icon: 'pencil', act: () => setQuery({ edit: it.id }) },
        !it.read_only && { label: t('channels.delete'), icon: 'trash-2', danger: true, act: () => setDropping(it) },
      ]} /></span>` },
  ]
  return html`<${Table} caption=${t('channels.title')} columns=${columns} rows=${rows} id=${(/** @type {any} */ it) => it.id} />
    <${Foot} hasMore=${list.hasMore} loading=${list.isLoadingMore} onMore=${list.more}>${t('channels.order')}<//>`
}

/** @param {readonly { good: number, bad: number }[]} slots */
function health(slots) {
  const [good, bad] = slots.reduce(([g, b], it) => [g + it.good, b + it.bad], [0, 0])
  return good + bad === 0 ? t('channels.noTraffic') : t('channels.healthSum', good, good + bad)
}

/** @param {{ of: any, list: import('../core/pages.js').Pages }} props */
function Name({ of: channel, list }) {
  const turn = async (/** @type {boolean} */ enabled) => {
    list.update((rows) => rows.map((it) => (it.id === channel.id ? { ...it, enabled } : it)))
    try {
      await patch(`/api/admin/channels/id:${channel.id}`, { enabled })
    } catch (error) {
      tell(error)
    }
    list.reload()
  }
  return html`<div class="row"><${Switch} checked=${channel.enabled} disabled=${channel.read_only} label=${t('channels.enable', channel.name)} onChange=${turn} />
    <div><span class="row"><b>${channel.name}</b>${channel.read_only && html`<${Tag} icon="lock">${t('channels.fromConfig')}<//>`}</span>
    <span class="sub">${tOr(`channels.preset.${channel.provider}`, channel.provider)}${channel.groups ? ` · ${channel.groups.join(', ')}` : ''}</span></div></div>`
}

/** @param {any} channel */
function mapping(channel) {
  const [first, ...more] = Object.entries(channel.models)
  if (!first) return '—'
  const rest = more.length > 0 ? ` +${more.length}` : ''
  const all = Object.entries(channel.models).map(([ours, theirs]) => `${ours} → ${theirs}`).join('\n')
  return html`<div title=${all}><span class="mono small">${first[0]}${rest}</span><span class="sub mono">→ ${first[1]}${rest}</span></div>`
}
