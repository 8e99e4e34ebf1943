// Speaks with a browser of the Chromium family over its pipe (no port, no WebSocket, no packages).
// Messages are JSON and end with a zero byte: `--remote-debugging-pipe`, descriptors 3 and 4.

import { spawn } from 'node:child_process'

const CALL_MS_MAX = 30_000
const CLOSE_MS_MAX = 10_000

// Nothing but loopback is looked up or dialled, and no service of the browser's maker is started.
const FLAGS = [
  '--headless=new',
  '--remote-debugging-pipe',
  '--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1',
  '--no-proxy-server',
  '--no-first-run',
  '--no-default-browser-check',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-default-apps',
  '--disable-dev-shm-usage',
  '--disable-extensions',
  '--disable-gpu',
  '--disable-quic',
  '--disable-sync',
  '--metrics-recording-only',
  '--mute-audio',
  '--autoplay-policy=no-user-gesture-required',
]

export class Browser {
  #process
  #next = 1
  #open = new Map()
  #rest = Buffer.alloc(0)
  #listeners = []

  constructor(path, profile) {
    // The sandbox needs a user of its own; root has none.
    const flags = process.getuid?.() === 0 ? [...FLAGS, '--no-sandbox'] : FLAGS
    this.#process = spawn(path, [...flags, `--user-data-dir=${profile}`, 'about:blank'], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
    })
    this.#process.stdio[4].on('data', (bytes) => this.#read(bytes))
    this.#process.stdio[3].on('error', () => {})
    this.ended = new Promise((resolve) => {
      const end = (why) => {
        for (const { reject } of this.#open.values()) reject(new Error(`the browser ended: ${why}`))
        this.#open.clear()
        resolve()
      }
      this.#process.on('exit', (code, signal) => end(`${code ?? signal}`))
      this.#process.on('error', (error) => end(error.message))
    })
  }

  #read(bytes) {
    this.#rest = Buffer.concat([this.#rest, bytes])
    for (let end = this.#rest.indexOf(0); end >= 0; end = this.#rest.indexOf(0)) {
      const message = JSON.parse(this.#rest.subarray(0, end).toString())
      this.#rest = this.#rest.subarray(end + 1)
      const waiting = this.#open.get(message.id)
      if (waiting === undefined) {
        for (const listener of this.#listeners) listener(message)
        continue
      }
      this.#open.delete(message.id)
      if (message.error) waiting.reject(new Error(message.error.message))
      else waiting.resolve(message.result)
    }
  }

  /** Calls `listener` for every event. */
  on(listener) {
    this.#listeners.push(listener)
  }

  /** One command of the protocol. */
  call(method, params = {}, sessionId = undefined) {
    const id = this.#next++
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#open.delete(id)
        reject(new Error(`${method} was not answered in time`))
      }, CALL_MS_MAX)
      const done = (settle) => (value) => {
        clearTimeout(timer)
        settle(value)
      }
      this.#open.set(id, { resolve: done(resolve), reject: done(reject) })
      this.#process.stdio[3].write(`${JSON.stringify({ id, method, params, sessionId })}\0`)
    })
  }

  /** Opens a page and returns a function that runs an expression in it. */
  async page(url) {
    const { targetId } = await this.call('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await this.call('Target.attachToTarget', { targetId, flatten: true })
    await this.call('Network.enable', {}, sessionId)
    await this.call('Page.enable', {}, sessionId)
    const loaded = new Promise((resolve) => {
      this.on((event) => event.method === 'Page.loadEventFired' && resolve())
    })
    await this.call('Page.navigate', { url }, sessionId)
    await loaded
    return async (expression) => {
      const params = { expression, awaitPromise: true, returnByValue: true }
      const { result, exceptionDetails } = await this.call('Runtime.evaluate', params, sessionId)
      if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'an exception')
      return result.value
    }
  }

  /** Ends the browser, by its own command or else by its process. */
  async close() {
    await this.call('Browser.close').catch(() => {})
    const late = new Promise((resolve) => setTimeout(resolve, CLOSE_MS_MAX, true).unref())
    if (await Promise.race([this.ended, late])) this.#process.kill('SIGKILL')
    await this.ended
  }
}
