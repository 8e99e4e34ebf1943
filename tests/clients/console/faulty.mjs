// When something is broken, the page says so, and goes on without being loaded anew.

import { check } from '../checks.mjs'
import { must, open, owner } from './stage.mjs'

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
    must(await page.getByRole('dialog').isVisible(), 'the page is stuck')
    await page.context().close()
  })
}
