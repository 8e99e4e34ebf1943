// The open list shows what other programs make, without being loaded anew; a task has all of it.

import { check, equal } from '../checks.mjs'
import { BASE, must, open, owner, plays } from './stage.mjs'

/** How long a video of the preview renderer may take on a machine that does other things too. */
const VIDEO_MS = 120_000

export const live = async () => {
  await check('a task made by the API appears in the open list, succeeds, and its video plays', async () => {
    const page = await owner()
    await open(page, '/tasks')
    await page.locator('tbody tr').first().waitFor()
    const task = await create('paper boats at dawn')
    const row = page.locator(`tr[data-id=${task}]`)
    await row.getByText('paper boats at dawn').waitFor()
    await row.getByText('Success').waitFor({ timeout: VIDEO_MS })
    await row.getByRole('link', { name: task }).click()
    await page.locator('.player .playb').click()
    const played = await plays(page, '.player video')
    equal([played.width, played.height], [854, 480], 'the size')
    must(Math.abs(played.seconds - 2) < 0.2, `${played.seconds} s long`)
    for (const text of ['accepted and on disk', 'the file is checked and stored']) await page.getByText(text).waitFor()
    await page.context().close()
  })

  await check('a list is filtered by its address, and a task is deleted', async () => {
    const page = await owner()
    const task = await create('a lighthouse at night')
    await page.goto(`${BASE}/console/tasks?q=lighthouse`)
    const row = page.locator(`tr[data-id=${task}]`)
    await row.getByText('Success').waitFor({ timeout: VIDEO_MS })
    equal(await page.locator('tbody tr').count(), 1, 'rows')
    await page.getByRole('button', { name: /^Failed/ }).click()
    await page.getByText('No take fits these filters').waitFor()
    await page.goBack()
    await row.getByRole('link', { name: task }).click()
    await page.getByRole('button', { name: 'Delete' }).click()
    await page.getByRole('alertdialog').getByRole('button', { name: 'Delete' }).click()
    await page.waitForURL(/\/console\/tasks$/)
    await page.locator('tbody tr').first().waitFor()
    equal(await row.count(), 0, 'the deleted task')
    await page.context().close()
  })
}

/** Makes a task, as a program does. */
const create = async (prompt) => {
  const made = await fetch(`${BASE}/v1/video/generations`, {
    method: 'POST', headers: { authorization: `Bearer ${process.env.API_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'grok-image-video', prompt, seconds: 2, resolution: '480p' }),
  })
  equal(made.status, 200, 'the status')
  return (await made.json()).task_id
}
