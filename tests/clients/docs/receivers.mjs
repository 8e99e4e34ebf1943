// Receivers of webhooks: what a gateway calls over https, and the examples that check its calls.

import { createHmac } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'

import { equal } from '../node/checks.mjs'
import { call, make } from './place.mjs'
import { disturb } from './strangers.mjs'

const { BASE_URL, MANAGER_KEY, RECEIVER_CERTIFICATE, RECEIVER_KEY } = process.env
const WAIT_MS_MAX = 120_000
const OLD_SECONDS = 600

const within = (promise, what) => {
  let timer
  const late = new Promise((_, fail) => {
    timer = setTimeout(() => fail(new Error(`${what}: not within ${WAIT_MS_MAX} ms`)), WAIT_MS_MAX)
  })
  return Promise.race([promise, late]).finally(() => clearTimeout(timer))
}

/** The proxy with TLS that stands before receivers, as their page asks for. */
export class Post {
  calls = []
  /** Ports of receivers, by path. */
  ports = new Map()
  #server
  #waiting = []

  static async open() {
    const post = new Post()
    const tls = { cert: readFileSync(RECEIVER_CERTIFICATE), key: readFileSync(RECEIVER_KEY) }
    post.#server = createServer(tls, async (request, response) => {
      const body = Buffer.concat(await request.toArray())
      const { url: path, headers } = request
      const port = post.ports.get(path)
      // A receiver that hangs up is what a test finds, not the end of all of them.
      const handed = port === undefined ? 204 : forward(port, headers, body).catch(() => 502)
      const status = await handed
      response.writeHead(status).end()
      post.calls.push({ path, headers, body, status, type: JSON.parse(body).type })
      for (const look of post.#waiting) look()
    })
    await new Promise((resolve) => post.#server.listen(0, '127.0.0.1', resolve))
    return post
  }

  url(path) {
    return `https://localhost:${this.#server.address().port}${path}`
  }

  /** A webhook for a path, with its secret. */
  register(path) {
    return call(`${BASE_URL}/api/webhooks`, { key: MANAGER_KEY, body: { url: this.url(path) } })
  }

  /** Asks the gateway for a test of it. */
  test(id) {
    return call(`${BASE_URL}/api/webhooks/${id}/test`, { key: MANAGER_KEY, body: {} })
  }

  /** Takes it away again: an account has few. */
  async remove(id) {
    const headers = { Authorization: `Bearer ${MANAGER_KEY}` }
    const answer = await fetch(`${BASE_URL}/api/webhooks/${id}`, { method: 'DELETE', headers })
    equal(answer.ok, true, `that the webhook goes (${answer.status})`)
  }

  /** The call of this type, once it has come. */
  heard(path, type) {
    const found = () => this.calls.find((one) => one.path === path && one.type === type)
    const come = new Promise((resolve) => {
      const look = () => { if (found()) resolve(found()) }
      this.#waiting.push(look)
      look()
    })
    return within(come, `${type} at ${path}`)
  }

  close() {
    this.#server.close()
    this.#server.closeAllConnections()
  }
}

const forward = async (port, headers, body) => {
  const signed = Object.entries(headers).filter(([name]) => name.startsWith('webhook-'))
  try {
    const answer = await fetch(`http://127.0.0.1:${port}/`, {
      method: 'POST',
      headers: { ...Object.fromEntries(signed), 'Content-Type': 'application/json' },
      body,
    })
    return answer.status
  } catch {
    // A receiver that hangs up, as a proxy tells it.
    return 502
  }
}

/** Starts a receiver of the documentation, lets the gateway test and call it, and then somebody else. */
export async function receive(name, text, place, post) {
  const path = `/${name}`
  const webhook = await post.register(path)
  const child = await place.start(name, text, { WEBHOOK_SECRET: webhook.secret, PORT: '0' })
  try {
    const heard = new Lines(child.stdout)
    const errors = new Lines(child.stderr)
    child.on('exit', () => heard.end(`it ended: ${errors.text}`))
    const [, port] = await heard.line(/^listening on port (\d+)$/)
    post.ports.set(path, Number(port))
    await post.test(webhook.id)
    equal((await post.heard(path, 'webhook.test')).status, 204, 'the status for a test')
    await heard.line(new RegExp(`^webhook\\.test This is a test of webhook ${webhook.id}\\.`))
    const id = await make()
    await heard.line(new RegExp(`^video\\.completed ${id} SUCCESS$`))
    const { headers, body, status } = await post.heard(path, 'video.completed')
    equal(status, 204, 'the status for a genuine call')
    for (const [what, changed, bytes] of forgeries(webhook.secret, headers, body)) {
      equal(await forward(port, changed, bytes), 401, `the status for ${what}`)
    }
    await disturb(Number(port))
    equal(await forward(port, headers, body), 204, 'the status for a genuine call after them')
  } finally {
    post.ports.delete(path)
    child.kill()
    await post.remove(webhook.id)
  }
}

/** Calls that nobody but a gateway could make right: their names, headers and bytes. */
export const forgeries = (secret, headers, body) => {
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const id = headers['webhook-id']
  const old = String(Math.floor(Date.now() / 1000) - OLD_SECONDS)
  const mac = (key) => createHmac('sha256', key).update(`${id}.${old}.`).update(body).digest('base64')
  const signed = (signature) => ({ ...headers, 'webhook-signature': signature })
  return [
    ['a changed body', headers, Buffer.concat([body, Buffer.from(' ')])],
    ['another secret', signed(`v1,${mac('another')}`), body],
    ['an old call', { ...signed(`v1,${mac(key)}`), 'webhook-timestamp': old }, body],
    ['no signature', signed('v1,'), body],
    ['nonsense', { ...signed('nonsense'), 'webhook-timestamp': 'now' }, body],
    ['nonsense for a signature', signed('nonsense'), body],
    ['a time of many digits', { ...headers, 'webhook-timestamp': '9'.repeat(5000) }, body],
    ['no headers', {}, body],
  ]
}

/** What a program prints, line by line. */
class Lines {
  text = ''
  #waiting = []
  #ended

  constructor(stream) {
    stream.setEncoding('utf8')
    stream.on('data', (text) => {
      this.text += text
      for (const look of this.#waiting) look()
    })
  }

  end(why) {
    this.#ended = new Error(why)
    for (const look of this.#waiting) look()
  }

  line(pattern) {
    const come = new Promise((resolve, reject) => {
      const look = () => {
        const found = this.text.split('\n').map((line) => pattern.exec(line)).find(Boolean)
        if (found) resolve(found)
        else if (this.#ended) reject(this.#ended)
      }
      this.#waiting.push(look)
      look()
    })
    return within(come, `a line like ${pattern}`)
  }
}
