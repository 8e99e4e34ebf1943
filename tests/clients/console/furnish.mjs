// Real data for photographs: users, keys, a channel on the fake upstream, and tasks of both.

import { BASE, OWNER, visitor } from './stage.mjs'

/** On the preview renderer, before there is a channel: each a scene and a shape of its own. */
const PREVIEWS = [
  ['Mountains at sunrise, slow pan, birds', { resolution: '720p' }], ['A red sports car driving through rainy neon streets at night', {}],
  ['纸船漂在清晨的薄雾湖面上', { aspect_ratio: '1:1' }], ['Northern lights over a pine forest, snow', {}],
  ['海浪拍打灯塔，暴风雨将至', { aspect_ratio: '9:16' }], ['Desert dunes in the last light, a lone walker', { seconds: 8 }],
]
/** On the channel. */
const ORDERS = [['A glass bottle turns on black velvet, one soft light', {}], ['雪夜的小火车穿过山谷', { seconds: 6 }],
  ['A paper crane unfolds, macro', { resolution: '720p' }]]
/** One that the upstream refuses, and one that stays under way. */
const REFUSED = ['A crowd in front of a burning theatre', {}]
const UNDER_WAY = ['Fog rolls over the harbour at dawn, slow dolly', { resolution: '720p' }]
/** How long all tasks may take, in milliseconds. */
const PATIENCE_MS = 300_000
const PAUSE_MS = 500

/** Fills the gateway as if people worked with it; answers the ids that pages are shown of. */
export const furnish = async () => {
  const page = await visitor()
  const { request } = page
  const send = sender(request)
  await send('/api/login', { name: OWNER.name, password: OWNER.password })
  const ids = []
  for (const prompt of PREVIEWS) ids.push(await create(prompt))
  await ended(request)
  await channels(send)
  for (const name of ['studio-backend', 'web-shop']) await send('/api/keys', { name, month_budget: '50.00' })
  await send('/api/admin/codes', { amount: '10.00', count: 3, batch: 'welcome' })
  await send('/api/admin/groups', { name: 'partners', multiplier: '0.8' })
  const user = await send('/api/admin/accounts', { name: 'lin', password: USER_PASSWORD, credit: '25.00', group: 'partners' })
  await asUser()
  for (const prompt of ORDERS) await create(prompt)
  await ended(request)
  await behaving('<<poll: moderated>>')
  await create(REFUSED)
  await ended(request)
  await behaving('<<poll: progress 62>>')
  await create(UNDER_WAY)
  await page.context().close()
  return { task: ids[0], user: user.id }
}

/** Two channels, one of them tried. */
const channels = async (send) => {
  const studio = await send('/api/admin/channels', {
    name: 'studio-xai', provider: 'xai', base_url: process.env.UPSTREAM_URL, api_key: process.env.UPSTREAM_KEY,
    costs: { 'grok-image-video': { per_second: { '480p': '0.05', '720p': '0.07' } } },
  })
  await send('/api/admin/channels', { name: 'gpu-rack', provider: 'vllm-omni', base_url: process.env.UPSTREAM_URL, models: { 'grok-image-video': 'wan-2.2-t2v' }, weight: 0 })
  await send(`/api/admin/channels/id:${studio.id}/test`, {})
}

/** What the upstream does with all jobs from now on. */
const behaving = (script) => fetch(new URL('/control/behaviours', process.env.UPSTREAM_URL), { method: 'POST', body: script })

const USER_PASSWORD = 'three-green-paper-boats'
/** What another user does. */
const asUser = async () => {
  const page = await visitor()
  const send = sender(page.request)
  await send('/api/login', { name: 'lin', password: USER_PASSWORD })
  const key = await send('/api/keys', { name: 'storyboards', kind: 'live' })
  for (const prompt of ['A kite over wheat fields, golden hour', '深海里的水母，缓慢上升']) {
    await send('/api/tasks', { key_id: key.id, model: 'grok-image-video', prompt, seconds: 4, resolution: '480p' })
  }
  await page.context().close()
}

const sender = (request) => async (path, data) => {
  const response = await request.post(`${BASE}${path}`, { data })
  if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`)
  return response.json()
}

const create = async ([prompt, more]) => {
  const made = await fetch(`${BASE}/v1/video/generations`, {
    method: 'POST', headers: { authorization: `Bearer ${process.env.API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'grok-image-video', prompt, seconds: 4, resolution: '480p', ...more }),
  })
  if (!made.ok) throw new Error(`${prompt}: ${made.status} ${await made.text()}`)
  return (await made.json()).task_id
}

/** Waits until nothing is under way. */
const ended = async (request) => {
  const until = Date.now() + PATIENCE_MS
  for (;;) {
    const { waiting, running } = await (await request.get(`${BASE}/api/tasks/counts`)).json()
    if (waiting + running === 0) return
    if (Date.now() > until) throw new Error('tasks do not end')
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS))
  }
}
