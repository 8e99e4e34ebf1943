// The unmodified `standardwebhooks` and `openai` as receivers of a gateway's webhooks: both must
// accept what it sends, and refuse what it did not.

import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

import OpenAI from 'openai'
import { Webhook, WebhookVerificationError } from 'standardwebhooks'
import { check, equal } from './checks.mjs'

const { BASE_URL, MANAGER_KEY, TEST_API_KEY, RECEIVER_CERTIFICATE, RECEIVER_KEY } = process.env
const WAIT_MS_MAX = 120_000
// What they call old, and some more.
const OLD_SECONDS = 600
const VIDEO = { model: 'grok-image-video', seconds: 1, resolution: '480p' }
// Letters of one to four bytes: a library that signed anything but the bytes would fail.
const METADATA = { order: 'Größe 7 · 雨夜霓虹 · 🎬' }

const openai = new OpenAI({ apiKey: 'none is used', baseURL: 'http://127.0.0.1:9/v1' })

// The receiver: keeps each call with its raw bytes, and answers what the plan says.
const calls = []
let waiting = []
let plan = () => 200
const receiver = createServer(
  { cert: readFileSync(RECEIVER_CERTIFICATE), key: readFileSync(RECEIVER_KEY) },
  (request, response) => {
    const chunks = []
    request.on('data', (chunk) => chunks.push(chunk))
    request.on('end', () => {
      const call = { path: request.url, headers: request.headers, body: Buffer.concat(chunks) }
      calls.push(call)
      response.writeHead(plan(call)).end()
      for (const look of waiting) look()
    })
  },
)
await new Promise((done) => receiver.listen(0, '127.0.0.1', done))
const url = (path) => `https://localhost:${receiver.address().port}${path}`

// The calls that fit, once there are so many.
const heard = (fits, count = 1) =>
  new Promise((done, fail) => {
    const timer = setTimeout(() => {
      waiting = waiting.filter((one) => one !== look)
      const told = calls.map((call) => `${call.path} ${said(call).type}`).join(', ')
      fail(new Error(`not heard within ${WAIT_MS_MAX} ms; so far: ${told || 'nothing'}`))
    }, WAIT_MS_MAX)
    const look = () => {
      const found = calls.filter(fits)
      if (found.length < count) return
      clearTimeout(timer)
      waiting = waiting.filter((one) => one !== look)
      done(found)
    }
    waiting.push(look)
    look()
  })

const said = (call) => JSON.parse(call.body.toString())
const tells = (type, taskId) => (call) =>
  said(call).type === type && said(call).data.task_id === taskId
const idOf = (call) => call.headers['webhook-id']

const api = async (method, path, body, key = MANAGER_KEY) => {
  const headers = { Authorization: `Bearer ${key}` }
  if (body !== undefined) headers['Content-Type'] = 'application/json'
  const text = body === undefined ? undefined : JSON.stringify(body)
  const response = await fetch(`${BASE_URL}${path}`, { method, headers, body: text })
  const answer = await response.text()
  if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${answer}`)
  return JSON.parse(answer)
}

const create = async (fields) =>
  (await api('POST', '/v1/video/generations', { ...VIDEO, ...fields }, TEST_API_KEY)).task_id

// Both libraries, each with everything that it offers: all accept the call and give its content.
// What is wrong is not shown: it holds signed links.
const accepted = async (call, secret) => {
  const { headers, body } = call
  const text = body.toString()
  const isWhole = (given) => JSON.stringify(given) === JSON.stringify(said(call))
  equal(isWhole(new Webhook(secret).verify(body, headers)), true, 'that standardwebhooks gives all')
  equal(isWhole(new Webhook(secret).verify(text, headers)), true, 'the same for a text')
  equal(isWhole(await openai.webhooks.unwrap(text, headers, secret)), true, 'that openai gives all')
  await openai.webhooks.verifySignature(text, headers, secret)
}

// Each of them refuses, and for the expected reason: as tampered with, or as out of time.
const refused = async (call, secret, why) => {
  const { headers, body } = call
  const text = body.toString()
  const kinds = [
    [WebhookVerificationError, async () => new Webhook(secret).verify(body, headers)],
    [OpenAI.InvalidWebhookSignatureError, () => openai.webhooks.unwrap(text, headers, secret)],
    [
      OpenAI.InvalidWebhookSignatureError,
      () => openai.webhooks.verifySignature(text, headers, secret),
    ],
  ]
  for (const [kind, work] of kinds) {
    const error = await work().then(
      () => new Error('it was accepted'),
      (error) => error,
    )
    equal([error instanceof kind, why.test(error.message)], [true, true], `${error}`)
  }
}

const SIGNATURE = /No matching signature|does not match/
const with_ = (call, headers) => ({ ...call, headers: { ...call.headers, ...headers } })

// The call as it would be signed at another moment, by the library itself.
const signedAt = (call, secret, seconds) => {
  const signature = new Webhook(secret).sign(idOf(call), new Date(seconds * 1000), call.body)
  return with_(call, { 'webhook-timestamp': `${seconds}`, 'webhook-signature': signature })
}

let path, secret, taskId, started, completed

await check('a webhook is made, and both libraries take its secret', async () => {
  const made = await api('POST', '/api/webhooks', { url: url('/hook?key=x') })
  path = `/api/webhooks/${made.id}`
  secret = made.secret
  equal(secret.startsWith(Webhook.prefix), true, 'the prefix of the secret')
  new Webhook(secret)
})

await check('a video: started and completed verify with both', async () => {
  taskId = await create({ prompt: 'a fox in the rain', metadata: METADATA })
  ;[started] = await heard(tells('video.started', taskId))
  ;[completed] = await heard(tells('video.completed', taskId))
  await accepted(started, secret)
  await accepted(completed, secret)
})

await check('openai gives the event as it was told', async () => {
  const event = await openai.webhooks.unwrap(completed.body.toString(), completed.headers, secret)
  equal([event.type, event.sequence], ['video.completed', 2], 'type and sequence')
  equal([event.data.task_id, event.data.status], [taskId, 'SUCCESS'], 'the task')
  equal(event.data.metadata, METADATA, 'the metadata')
  const shown = await api('GET', `/v1/video/generations/${taskId}`, undefined, TEST_API_KEY)
  const names = (task) => Object.keys(task).sort()
  equal(names(event.data), names(shown.data), 'the fields, as a query has them')
})

await check('standardwebhooks signs as the gateway does', () => {
  const seconds = Number(completed.headers['webhook-timestamp'])
  const own = signedAt(completed, secret, seconds).headers['webhook-signature']
  equal(own === completed.headers['webhook-signature'], true, 'the same signature')
})

await check('a changed byte is refused by both', async () => {
  for (const at of [0, completed.body.length >> 1, completed.body.length - 2]) {
    const body = Buffer.from(completed.body)
    body[at] = body[at] === 0x20 ? 0x09 : 0x20
    await refused({ ...completed, body }, secret, SIGNATURE)
  }
  const longer = Buffer.concat([completed.body, Buffer.from(' ')])
  await refused({ ...completed, body: longer }, secret, SIGNATURE)
})

await check('another id, moment, signature or secret is refused by both', async () => {
  const seconds = Number(completed.headers['webhook-timestamp'])
  const other = (name, value) => refused(with_(completed, { [name]: value }), secret, SIGNATURE)
  await other('webhook-id', idOf(started))
  await other('webhook-timestamp', `${seconds + 1}`)
  await other('webhook-signature', started.headers['webhook-signature'])
  const stranger = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
  await refused(completed, stranger, SIGNATURE)
})

await check('what is too old, or from the future, is refused by both', async () => {
  const now = Math.floor(Date.now() / 1000)
  await accepted(signedAt(completed, secret, now), secret)
  await refused(signedAt(completed, secret, now - OLD_SECONDS), secret, /too old/)
  await refused(signedAt(completed, secret, now + OLD_SECONDS), secret, /too new/)
})

await check('a task that fails is told with its reason', async () => {
  const id = await create({ prompt: '[[fail: as asked]]' })
  const [call] = await heard(tells('video.failed', id))
  await accepted(call, secret)
  const { data } = new Webhook(secret).verify(call.body, call.headers)
  equal(data.status, 'FAILURE', 'the status')
  equal(typeof data.error.code, 'string', 'the kind of the code')
})

await check("a task's own callback_url is signed by the webhook of its host", async () => {
  const id = await create({ prompt: '[[fail: as asked]]', callback_url: url('/jobs/7?token=t') })
  const at = (path) => (call) => call.path === path && tells('video.failed', id)(call)
  const [own] = await heard(at('/jobs/7?token=t'))
  await accepted(own, secret)
  const [usual] = await heard(at('/hook?key=x'))
  equal(idOf(own), idOf(usual), 'the id of the one event')
})

await check('a call that was answered with 500 comes again under its id', async () => {
  let left = 1
  plan = (call) => (said(call).type === 'video.failed' && left-- > 0 ? 500 : 200)
  const id = await create({ prompt: '[[fail: as asked]]' })
  const [first, second] = await heard(tells('video.failed', id), 2)
  equal(idOf(first), idOf(second), 'the id')
  const [before, after] = [first, second].map((call) => Number(call.headers['webhook-timestamp']))
  equal(after > before, true, `a moment of its own (${before}, ${after})`)
  await accepted(first, secret)
  await accepted(second, secret)
})

await check('a test verifies with both', async () => {
  const sent = await api('POST', `${path}/test`)
  const [call] = await heard((call) => idOf(call) === sent.event_id)
  await accepted(call, secret)
  equal([said(call).type, said(call).sequence], ['webhook.test', 0], 'type and sequence')
})

let rotated

await check('after a rotation the old and the new secret verify, and no other', async () => {
  rotated = (await api('POST', `${path}/rotate`)).secret
  equal(rotated === secret, false, 'the same secret again')
  const sent = await api('POST', `${path}/test`)
  const [call] = await heard((call) => idOf(call) === sent.event_id)
  equal(call.headers['webhook-signature'].split(' ').length, 2, 'the number of signatures')
  await accepted(call, secret)
  await accepted(call, rotated)
  await refused(call, `whsec_${Buffer.alloc(32, 7).toString('base64')}`, SIGNATURE)
  await refused(completed, rotated, SIGNATURE)
})

await check('a replay has the id of the first time, and signatures of now', async () => {
  const deliveries = (await api('GET', `${path}/deliveries?status=delivered&limit=50`)).data
  const delivery = deliveries.find((one) => one.event_id === idOf(completed))
  await api('POST', `${path}/deliveries/${delivery.id}/replay`)
  const again = (await heard((call) => idOf(call) === idOf(completed), 2))[1]
  equal(said(again).data.task_id, taskId, 'the task')
  await accepted(again, secret)
  await accepted(again, rotated)
})

await check('a deleted task is told as expired', async () => {
  await api('DELETE', `/v1/video/generations/${taskId}`, undefined, TEST_API_KEY)
  const [call] = await heard(tells('video.expired', taskId))
  await accepted(call, rotated)
  equal(said(call).sequence, 3, 'the sequence')
})

receiver.closeAllConnections()
receiver.close()
