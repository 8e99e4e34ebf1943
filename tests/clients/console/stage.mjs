// The browser, and who uses the console in it.
//
// Each visitor has a browser context of their own. What no page may do is watched in all of them: a
// violation of the content security policy, an error on the console, a request to another host.

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const BASE = process.env.BASE_URL
export const CONSOLE = `${BASE}/console`
/** The owner of a gateway, as its first start wrote it down. */
const person = (folder) => {
  const { admin_user, admin_password, console_login_url } = JSON.parse(readFileSync(join(folder, 'bootstrap.json'), 'utf8'))
  return { name: admin_user, password: admin_password, link: console_login_url }
}
export const OWNER = person(process.env.DATA_DIR)

/** Where the second gateway is for the browser: over plain http, by a name; and its owner. */
export const NAMED = { base: process.env.NAMED_URL, ...person(process.env.NAMED_DATA_DIR) }

/** How long something may take that a person waits for, in milliseconds. */
const PATIENCE_MS = 30_000

export const browser = await chromium.launch({
  executablePath: process.env.BROWSER,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--autoplay-policy=no-user-gesture-required',
    `--host-resolver-rules=MAP ${process.env.NAMED_HOST} 127.0.0.1`,
  ],
})

/** What was seen that should not be. */
export const faults = []

/** A new visitor.
 * @param {{ language?: 'en' | 'zh', theme?: 'light' | 'dark', width?: number, faultsExpected?: boolean }} [options]
 *   `faultsExpected`: a test breaks something on purpose, and looks at what the page says. */
export const visitor = async ({ language = 'en', theme = 'light', width = 1440, faultsExpected = false } = {}) => {
  const context = await browser.newContext({
    viewport: { width, height: 900 }, locale: language === 'zh' ? 'zh-CN' : 'en-US', colorScheme: theme, timezoneId: 'Asia/Shanghai',
    hasTouch: width < 600,
  })
  context.setDefaultTimeout(PATIENCE_MS)
  await context.addInitScript(() => {
    addEventListener('securitypolicyviolation', (event) => console.error(`CSP ${event.violatedDirective} ${event.blockedURI}`))
  })
  const page = await context.newPage()
  if (!faultsExpected) watch(page)
  return page
}

/** Refusals that a test asked for are no faults: the browser says each on its console. */
const EXPECTED = /status of 4\d\d|status of 503/

const watch = (page) => {
  page.on('console', (message) => {
    if (message.type() === 'error' && !EXPECTED.test(message.text())) faults.push(`${page.url()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => faults.push(`${page.url()}: ${error.message}`))
  page.on('request', (request) => {
    const url = new URL(request.url())
    const isOurs = ['127.0.0.1', process.env.NAMED_HOST].includes(url.hostname) || ['data:', 'blob:'].includes(url.protocol)
    if (!isOurs) faults.push(`${page.url()} asked for ${request.url()}`)
  })
}

/** Signs in by the page, as a person does. */
export const signIn = async (page, { name, password, base = BASE }) => {
  await page.goto(`${base}/console/login`)
  await page.getByLabel('User name').or(page.getByLabel('用户名')).fill(name)
  await page.getByLabel('Password').or(page.getByLabel('密码')).fill(password)
  await page.locator('form button[type=submit]').click()
  await page.locator('.side, .tabbar').first().waitFor({ state: 'attached' })
}

/** The owner, signed in. */
export const owner = async (options) => {
  const page = await visitor(options)
  await signIn(page, OWNER)
  return page
}

/** Goes to a page of the console and waits until it shows what it is about. */
export const open = async (page, path) => {
  await page.goto(`${CONSOLE}${path}`)
  await page.locator('main h1').first().waitFor({ state: 'attached' })
  await page.locator('[aria-busy=true]').first().waitFor({ state: 'detached' }).catch(() => {})
}

export const must = (condition, what) => {
  if (!condition) throw new Error(what)
}

/** Waits until a `<video>` really plays; its size, and its length in seconds. */
export const plays = async (page, selector) => {
  await page.waitForFunction((it) => {
    const video = document.querySelector(it)
    return !video.paused && video.currentTime > 0.3
  }, selector)
  return page.locator(selector).first().evaluate((video) => ({ width: video.videoWidth, height: video.videoHeight, seconds: video.duration }))
}
