// When something is broken, the page says so, and goes on without being loaded anew.

import { check, equal } from '../checks.mjs'
import { BASE, must, open, owner } from './stage.mjs'

export const faulty = async () => {
  await check('a 500 from the API is said, with its id, and asked again', async () => {
    const page = await owner({ faultsExpected: true })
    const body = JSON.stringify({ error: { code: 'internal_error', message: 'it is broken', request_id: 'req_0000' } })
    await page.route('**/api/keys*', (route) => route.fulfill({ status: 500, contentType: 'application/json', body }))
    await open(page, '/keys')
    await page.getByRole('alert').getByText('req_0000').waitFor()
    await page.unroute('**/api/keys*')
    await page.getByRole('button', { name: 'Try again' }).click()
    await page.getByText('first live key').waitFor()
    await page.context().close()
  })

  await check('a gateway that is gone is said, and the page goes on by itself when it is back', async () => {
    const page = await owner({ faultsExpected: true })
    await open(page, '/keys')
    await page.getByText('first live key').waitFor()
    await page.context().setOffline(true)
    await page.getByRole('link', { name: 'Usage' }).first().click()
    await page.getByText('The gateway does not answer').first().waitFor()
    await page.context().setOffline(false)
    await page.getByText('The gateway does not answer').waitFor({ state: 'detached' })
    await page.getByRole('heading', { name: 'Usage' }).waitFor()
    await page.getByRole('link', { name: 'API keys' }).first().click()
    await page.getByText('first live key').waitFor()
    await page.context().close()
  })

  await check('a fault in a script is said, and the page goes on', async () => {
    const page = await owner({ faultsExpected: true })
    await open(page, '/keys')
    await page.evaluate(() => setTimeout(() => { throw new Error('a fault that a test made') }))
    await page.getByText('Something on this page went wrong').waitFor()
    await page.getByRole('button', { name: 'Create key' }).click()
    await page.getByRole('dialog').waitFor()
    await page.context().close()
  })

  await check('an order whose answer was lost on the way is made once', async () => {
    const page = await owner({ faultsExpected: true })
    const prompt = 'a lantern on a pier, ordered twice [[stall]]'
    let lost = 0
    await page.route('**/api/tasks', async (route) => {
      if (route.request().method() !== 'POST') return route.continue()
      const response = await route.fetch()
      lost += 1
      return lost === 1 ? route.fulfill({ status: 504, body: 'a proxy gave up' }) : route.fulfill({ response })
    })
    await open(page, '/playground')
    await page.getByLabel('Prompt').fill(prompt)
    const press = page.locator('form button[type=submit]')
    await press.click()
    await page.getByRole('alert').first().waitFor()
    await press.click()
    await page.waitForURL(/[?&]task=/)
    const { data } = await (await page.request.get(`${BASE}/api/tasks?q=ordered%20twice`)).json()
    equal(data.length, 1, 'tasks')
    await page.request.post(`${BASE}/api/tasks/${data[0].task.task_id}/cancel`)
    await page.context().close()
  })

  await check('a secret stays until it is let go, and the focus goes back to where it was', async () => {
    const page = await owner()
    await open(page, '/keys')
    const opener = page.getByRole('button', { name: 'Create key' })
    await opener.click()
    await page.getByRole('dialog').waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
    must(await opener.evaluate((it) => it === document.activeElement), 'the focus is lost')
    await opener.click()
    await page.getByRole('dialog').locator('button[type=submit]').click()
    await page.getByText('Give it a name').waitFor()
    await open(page, '/admin/credit')
    await page.getByRole('button', { name: 'Make codes' }).click()
    await page.getByRole('dialog').getByLabel('Worth').fill('5')
    await page.getByRole('dialog').locator('button[type=submit]').click()
    const codes = page.getByRole('alertdialog').locator('textarea')
    await codes.waitFor()
    for (let count = 0; count < 5; count += 1) await page.keyboard.press('Escape')
    must(await codes.isVisible(), 'the codes are gone')
    await page.context().close()
  })
}
