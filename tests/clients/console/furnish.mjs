// Real data for photographs: users, keys, a channel on the fake upstream, and tasks of both.

import { BASE, OWNER, visitor } from './stage.mjs'

const PROMPTS = [
  ['A red sports car driving through rainy neon streets at night', {}], ['纸船漂在清晨的薄雾湖面上', { aspect_ratio: '1:1' }],
  ['Mountains at sunrise, slow pan, birds', { resolution: '720p' }], ['海浪拍打灯塔，暴风雨将至', { aspect_ratio: '9:16' }],
  ['Northern lights over a pine forest, snow', {}], ['Desert dunes in the last light, a lone walker', { seconds: 8 }],
]
/** How long all tasks may take, in milliseconds. */
const PATIENCE_MS = 300_000
const PAUSE_MS = 500

export const furnish = async () => {
  const page = await visitor()
  const { request } = page
  const send = async (path, data) => {
    const response = await request.post(`${BASE}${path}`, { data })
    if (!response.ok()) throw new Error(`${path}: ${response.status()} ${await response.text()}`)
    return response.json()
  }
  await send('/api/login', { name: OWNER.name, password: OWNER.password })
  const ids = [await create(PROMPTS[2])]
  await send('/api/admin/channels', { name: 'studio-xai', provider: 'xai', base_url: process.env.UPSTREAM_URL, api_key: process.env.UPSTREAM_KEY,
    costs: { 'grok-image-video': { per_second: { '480p': '0.05', '720p': '0.07' } } } })
  await send('/api/admin/channels', { name: 'gpu-rack', provider: 'vllm-omni', base_url: `${process.env.UPSTREAM_URL}`, models: { 'grok-image-video': 'wan-2.2-t2v' }, weight: 0 })
  for (const name of ['studio-backend', 'web-shop']) await send('/api/keys', { name, month_budget: '50.00' })
  const user = await send('/api/admin/accounts', { name: 'lin', password: 'three-green-paper-boats', role: 'user' })
  await send('/api/admin/codes', { amount: '10.00', count: 3, name: 'welcome' }).catch(() => {})
  await send('/api/webhooks', { url: 'https://hooks.example.com/rushes' }).catch(() => {})
  for (const prompt of PROMPTS) ids.push(await create(prompt))
  await create(['an order that fails <<poll: failed>>', {}])
  await ended(request)
  await page.context().close()
  return { task: ids[0], user: user.id }
}

const create = async ([prompt, more]) => {
  const made = await fetch(`${BASE}/v1/video/generations`, {
    method: 'POST', headers: { authorization: `Bearer ${process.env.API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'grok-image-video', prompt, seconds: 4, resolution: '480p', ...more }),
  })
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
