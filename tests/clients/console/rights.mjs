// What a user who is no operator can reach: nothing of the operators', by page or by API.

import { check, equal } from '../checks.mjs'
import { BASE, CONSOLE, api, boot, must, open, owner, signIn, visitor } from './stage.mjs'

const USER = { name: 'lin', password: 'three-green-paper-boats' }

/** Makes the user, as the owner. */
export const makeUser = async () => {
  const page = await owner()
  const made = await page.request.post(`${BASE}/api/admin/accounts`, { data: { ...USER, role: 'user' } })
  equal(made.status(), 201, 'the status')
  await page.context().close()
  return USER
}

export const rights = async () => {
  await check('a user sees no operator’s page, also not by its address', async () => {
    const page = await visitor()
    await signIn(page, USER)
    equal(await page.getByRole('link', { name: 'Channels' }).count(), 0, 'links to channels')
    for (const path of ['/admin', '/admin/channels', '/admin/users', '/admin/system', '/admin/tasks']) {
      await open(page, path)
      await page.getByText('This page is for operators').first().waitFor()
    }
    await page.context().close()
  })

  await check('a user’s session is refused by every operator’s route', async () => {
    const page = await visitor()
    await signIn(page, USER)
    const document = await (await fetch(`${BASE}/openapi.json`)).json()
    const paths = Object.keys(document.paths).filter((path) => path.startsWith('/api/admin/'))
    must(paths.length > 20, `only ${paths.length} routes`)
    for (const path of paths) {
      for (const method of Object.keys(document.paths[path]).filter((it) => /^(get|post|patch|put|delete)$/.test(it))) {
        const url = BASE + path.replaceAll(/\{[^}]+\}/g, '1')
        const response = await page.request.fetch(url, { method: method.toUpperCase(), data: method === 'get' ? undefined : {} })
        equal(response.status(), 403, `${method} ${path}`)
      }
    }
    await page.context().close()
  })

  await check('a request that another site caused is refused', async () => {
    const page = await owner()
    const response = await page.request.post(`${BASE}/api/keys`, { data: { name: 'x' }, headers: { 'sec-fetch-site': 'cross-site', origin: 'https://evil.example' } })
    equal(response.status(), 403, 'the status')
    await page.context().close()
  })

  await check('nobody may put the console into a frame, and nothing inline runs', async () => {
    const response = await fetch(`${CONSOLE}/`)
    const policy = response.headers.get('content-security-policy') ?? ''
    must(/frame-ancestors 'none'/.test(policy) && /default-src 'none'/.test(policy) && !/unsafe/.test(policy), policy)
    must(!/<script(?![^>]*src=)|\sstyle=|\son\w+=/.test(await response.text()), 'something inline')
  })

  await check('assets are compressed and kept for good', async () => {
    const html = await (await fetch(`${CONSOLE}/`)).text()
    const path = /src="\.\/(assets\/[0-9a-f]{16}\/app\.js)"/.exec(html)?.[1]
    must(path, 'no hash in the address of the script')
    const response = await fetch(`${CONSOLE}/${path}`, { headers: { 'accept-encoding': 'gzip' } })
    equal(response.headers.get('content-encoding'), 'gzip', 'the encoding')
    must(/immutable/.test(response.headers.get('cache-control') ?? ''), 'not kept')
    equal((await fetch(`${CONSOLE}/assets/0000000000000000/app.js`)).status, 404, 'another hash')
  })
  equal((await api(boot.api_key, 'GET', '/v1/models')).status, 200, 'the key')
}
