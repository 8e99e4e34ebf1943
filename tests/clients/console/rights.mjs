// What a user who is no operator can reach: nothing of the operators'.

import { check, equal } from '../checks.mjs'
import { BASE, CONSOLE, must, owner, signIn, visitor } from './stage.mjs'

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
        // A body that is not valid may be refused before it is known whose it is; it comes to nothing either way.
        const refused = method === 'get' || method === 'delete' ? [403] : [403, 400]
        must(refused.includes(response.status()), `${method} ${path} is ${response.status()}`)
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
}
