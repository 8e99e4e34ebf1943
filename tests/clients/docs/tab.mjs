// A page of the browser, with what went wrong on it.

import { writeFile } from 'node:fs/promises'

export class Tab {
  /** What the browser complained of since it was last looked at. */
  complaints = []
  /** Addresses that were asked for. */
  requests = []
  #browser
  #sessionId
  #loaded = () => {}

  static async open(browser) {
    const { targetId } = await browser.call('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = await browser.call('Target.attachToTarget', { targetId, flatten: true })
    const tab = new Tab()
    tab.#browser = browser
    tab.#sessionId = sessionId
    browser.on((event) => event.sessionId === sessionId && tab.#hear(event))
    for (const domain of ['Page', 'Runtime', 'Log', 'Network']) await tab.call(`${domain}.enable`)
    return tab
  }

  #hear({ method, params }) {
    if (method === 'Page.loadEventFired') this.#loaded()
    if (method === 'Network.requestWillBeSent') this.requests.push(params.request.url)
    if (method === 'Runtime.exceptionThrown') {
      this.complaints.push(params.exceptionDetails.exception?.description ?? 'an exception')
    }
    // Whatever breaks the policy is told here, and so is what could not be loaded.
    if (method === 'Log.entryAdded') this.complaints.push(params.entry.text)
    if (method === 'Runtime.consoleAPICalled') this.complaints.push(`console.${params.type}`)
  }

  call(method, params = {}) {
    return this.#browser.call(method, params, this.#sessionId)
  }

  async view(width, theme = 'light') {
    const size = { width, height: 900, deviceScaleFactor: 1, mobile: width < 500 }
    await this.call('Emulation.setDeviceMetricsOverride', size)
    const features = [{ name: 'prefers-color-scheme', value: theme }]
    await this.call('Emulation.setEmulatedMedia', { features })
  }

  /** Does what leads to another page, and waits for it. */
  async load(work) {
    const loaded = new Promise((resolve) => { this.#loaded = resolve })
    await work()
    await loaded
  }

  goto(url) {
    return this.load(() => this.call('Page.navigate', { url }))
  }

  /** The value of an expression in the page; of a promise, what it becomes. */
  async run(expression) {
    const params = { expression, awaitPromise: true, returnByValue: true, userGesture: true }
    const { result, exceptionDetails } = await this.call('Runtime.evaluate', params)
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'an exception')
    return result.value
  }

  async key(key) {
    await this.call('Input.dispatchKeyEvent', { type: 'keyDown', key, code: key })
    await this.call('Input.dispatchKeyEvent', { type: 'keyUp', key, code: key })
  }

  async picture(path) {
    const { data } = await this.call('Page.captureScreenshot', { captureBeyondViewport: false })
    await writeFile(path, Buffer.from(data, 'base64'))
  }
}
