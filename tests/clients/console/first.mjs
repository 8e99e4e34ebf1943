// The first run: from the first page to a video that plays, a key, a channel; the checklist ticks
// itself.

import { spawnSync } from 'node:child_process'
import { check, equal } from '../checks.mjs'
import { BASE, must, open, owner, plays } from './stage.mjs'

/** How long a video of the preview renderer may take on a machine that does other things too. */
const VIDEO_MS = 120_000

/** Runs what somebody pastes into a terminal. */
const paste = (text) => spawnSync('sh', ['-c', text], { encoding: 'utf8', timeout: 30_000 }).stdout

/** A take, and a key. */
export const first = async () => {
  await check('from the first page to the first playing video', async () => {
    const page = await owner()
    await open(page, '/')
    await page.locator('[data-step=take].now a').click()
    await page.getByRole('heading', { name: 'Playground' }).waitFor()
    // A sample is ready to press, once the models and the price are there.
    await page.waitForFunction(() => document.querySelector('form textarea')?.value)
    await page.getByText('$0.54').first().waitFor()
    await page.locator('form button[type=submit]').click()
    await page.locator('.player video').waitFor({ timeout: VIDEO_MS })
    await page.locator('.player .playb').click()
    const played = await plays(page, '.player video')
    equal([played.width, played.height], [1280, 720], 'the size')
    await open(page, '/')
    await page.locator('[data-step=take].ok').waitFor()
    await page.context().close()
  })

  await check('a key that was made works as it was pasted, and not once it is revoked', async () => {
    const page = await owner()
    await open(page, '/')
    await page.locator('[data-step=key].now a').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name').fill('studio')
    await dialog.locator('button[type=submit]').click()
    const secret = await page.locator('[data-secret]').textContent()
    must(/^sk-\w{20,}$/.test(secret), 'no key is shown')
    const pasted = `${await page.locator('[role=alertdialog] pre').textContent()} --silent --show-error --write-out ' %{http_code}'`
    must(/"grok-image-video".* 200$/s.test(paste(pasted)), 'the request that is shown does not work')
    await page.getByRole('button', { name: 'Done' }).click()
    const row = page.locator('tr', { hasText: 'studio' })
    await row.getByRole('button', { name: /^Actions/ }).click()
    await page.getByRole('menuitem', { name: 'Revoke' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Revoke' }).click()
    await row.waitFor({ state: 'detached' })
    must(/ 401$/.test(paste(pasted)), 'the revoked key works')
    await page.context().close()
  })

}

/** A channel, and what stands in the log of it. */
export const channel = async () => {
  await check('an upstream is added as a channel, tested, and a task runs through it', async () => {
    const page = await owner()
    await open(page, '/')
    await page.locator('[data-step=channel] a').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Name', { exact: true }).fill('studio-xai')
    await dialog.getByLabel('Address').fill(process.env.UPSTREAM_URL)
    await dialog.getByLabel('Key', { exact: true }).fill(process.env.UPSTREAM_KEY)
    await dialog.getByRole('button', { name: 'Ask for its models' }).click()
    await dialog.locator('[data-test=ok]').waitFor()
    await dialog.locator('button[type=submit]').click()
    await page.locator('.card [data-test=ok]').waitFor()
    await throughChannel(page)
    await open(page, '/')
    await page.locator('[data-step=channel].ok').waitFor()
    await page.context().close()
  })

  await check('what an operator did stands in the audit log', async () => {
    const page = await owner()
    await open(page, '/admin/audit')
    await page.locator('tr', { hasText: 'studio-xai' }).first().waitFor()
    await page.context().close()
  })
}

/** Makes a task by the playground, and looks at which channel it went to. */
const throughChannel = async (page) => {
  await open(page, '/playground')
  await page.getByLabel('Prompt').fill('a paper crane over the sea')
  await page.locator('form button[type=submit]').click()
  // The screen may still show the take before it.
  await page.waitForURL(/[?&]task=/, { timeout: VIDEO_MS })
  await page.locator('#takes', { hasText: 'Success' }).locator('.player video').waitFor({ timeout: VIDEO_MS })
  const [row] = (await (await page.request.get(`${BASE}/api/admin/tasks?q=paper%20crane`)).json()).data
  equal(row.channel?.name, 'studio-xai', 'the channel')
  await open(page, `/admin/tasks/${row.task.task_id}`)
  await page.getByRole('link', { name: 'studio-xai' }).waitFor()
}
