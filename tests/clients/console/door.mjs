// Signing in: throttled, over plain http, and what a visitor who has not signed in can see.

import { check, equal } from '../checks.mjs'
import { CONSOLE, NAMED, OWNER, must, owner, signIn, visitor } from './stage.mjs'

/** Attempts after which the gateway must have told somebody to wait. */
const ATTEMPTS_MAX = 30

export const door = async () => {
  await check('the link that the first start printed signs in, once', async () => {
    for (const isFirst of [true, false]) {
      const page = await visitor()
      await page.goto(OWNER.link)
      const shown = isFirst ? page.getByRole('heading', { name: 'Overview' }) : page.getByRole('alert')
      await shown.waitFor()
      must(!page.url().includes('#t='), 'the token stays in the address')
      await page.context().close()
    }
  })

  await check('who has not signed in comes to the sign-in page, and from there to where they were going', async () => {
    const page = await visitor()
    await page.goto(`${CONSOLE}/overview-of-mine`)
    await page.waitForURL(/\/console\/login\?next=/)
    must(await page.getByLabel('User name').evaluate((it) => it === document.activeElement), 'the first empty field has no focus')
    await page.getByLabel('User name').fill(OWNER.name)
    await page.getByLabel('Password').fill(OWNER.password)
    await page.keyboard.press('Enter')
    await page.waitForURL(`${CONSOLE}/overview-of-mine`)
    await page.context().close()
  })

  await check('one sentence for a wrong name and for a wrong password', async () => {
    const page = await visitor()
    const said = []
    for (const [name, password] of [['nobody-here', 'wrong-password'], [OWNER.name, 'wrong-password']]) {
      await page.goto(`${CONSOLE}/login`)
      await page.getByLabel('User name').fill(name)
      await page.getByLabel('Password').fill(password)
      await page.keyboard.press('Enter')
      said.push(await page.getByRole('alert').textContent())
    }
    equal(said[0], said[1], 'what is said')
    await page.context().close()
  })

  await check('a one-time link that is no good says so, and leaves the address', async () => {
    const page = await visitor()
    await page.goto(`${CONSOLE}/login#t=${'0'.repeat(64)}`)
    await page.getByRole('alert').waitFor()
    must(!page.url().includes('#t='), 'the token stays in the address')
    await page.context().close()
  })

  await check('sign-in over plain http, by a name that is not this machine’s', async () => {
    const page = await visitor()
    await signIn(page, NAMED)
    await page.getByRole('heading', { level: 1 }).waitFor({ state: 'attached' })
    await page.reload()
    await page.locator('.side').waitFor()
    await page.getByRole('button', { name: /^Account/ }).click()
    await page.getByRole('menuitem', { name: 'Sign out' }).click()
    await page.waitForURL(/\/console\/login/)
    await page.context().close()
  })

  await check('the session’s cookie is out of a script’s reach', async () => {
    const page = await owner()
    const cookies = await page.context().cookies()
    const session = cookies.find((it) => /session/.test(it.name))
    must(session?.httpOnly && session.sameSite === 'Strict', JSON.stringify(cookies.map(({ name, httpOnly, sameSite }) => ({ name, httpOnly, sameSite }))))
    equal(await page.evaluate(() => document.cookie), '', 'what a script sees')
    const kept = await page.evaluate(() => JSON.stringify({ ...localStorage, ...sessionStorage }))
    must(!kept.includes('sk-'), 'the browser keeps a key')
    await page.context().close()
  })
}

/** Last, since it locks the address out for a while. */
export const throttled = async () => {
  await check('who tries too often is told to wait, and how long', async () => {
    const page = await visitor()
    await page.goto(`${NAMED.base}/console/login`)
    await page.getByLabel('User name').fill(NAMED.name)
    const wait = page.getByText(/Too many tries\. Again in \d+ s\./)
    for (let count = 0; count < ATTEMPTS_MAX && !(await wait.isVisible()); count += 1) {
      await page.getByLabel('Password').fill(`wrong-${count}-password`)
      await page.keyboard.press('Enter')
      await page.getByRole('alert').waitFor()
    }
    must(await wait.isVisible(), 'nobody is told to wait')
    must(await page.locator('form button[type=submit]').isDisabled(), 'the button invites to try again')
    await page.context().close()
  })
}
