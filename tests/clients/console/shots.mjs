// Photographs every page in both languages and themes, on a gateway with real data, and those that
// the documentation shows.

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { check } from '../checks.mjs'
import { PAGES } from './looks.mjs'
import { browser, faults, open, owner, visitor } from './stage.mjs'
import { furnish } from './furnish.mjs'

const folder = process.env.PICTURES
/** Those that are kept under docs/screenshots. */
const KEPT = [
  ['overview', '/', 'en', 'light', 1440], ['playground', '/playground?task={task}', 'en', 'dark', 1440], ['tasks', '/tasks', 'zh', 'light', 1440],
  ['task', '/tasks/{task}', 'en', 'light', 1440], ['keys', '/keys', 'en', 'light', 1440], ['dashboard', '/admin', 'zh', 'dark', 1440],
  ['channels', '/admin/channels', 'en', 'light', 1440], ['narrow', '/playground?task={task}', 'zh', 'light', 390],
]

const name = (path) => path.replace(/\?.*/, '').replace(/[{}]/g, '').replaceAll('/', '-').replace(/^-|-$/g, '') || 'overview'

/** @param {import('playwright-core').Page} page */
const shoot = async (page, path, file, options = {}) => {
  await open(page, path)
  await page.waitForTimeout(700)
  await page.screenshot({ path: join(folder, file), type: 'jpeg', quality: 80, ...options })
}

try {
  const { task, user } = await furnish()
  const fill = (path) => path.replace('{task}', task).replace('{user}', user)
  mkdirSync(join(folder, 'kept'), { recursive: true })
  for (const language of ['en', 'zh']) {
    for (const theme of ['light', 'dark']) {
      for (const width of [1440, 390]) {
        await check(`photographs, ${language}, ${theme}, ${width} px`, async () => {
          const page = await owner({ language, theme, width })
          for (const path of [...PAGES, '/tasks/{task}', '/admin/users/{user}', '/admin/tasks/{task}']) {
            await shoot(page, fill(path), `${name(path)}-${language}-${theme}-${width}.jpeg`, { fullPage: true })
          }
          await page.context().close()
          const guest = await visitor({ language, theme, width })
          await shoot(guest, '/login', `login-${language}-${theme}-${width}.jpeg`)
          await guest.context().close()
        })
      }
    }
  }
  for (const [file, path, language, theme, width] of KEPT) {
    await check(`the picture of the documentation: ${file}`, async () => {
      const page = await owner({ language, theme, width })
      await shoot(page, fill(path), `kept/${file}.jpeg`, { quality: 72 })
      await page.context().close()
    })
  }
  await check('no page said an error', () => {
    if (faults.length > 0) throw new Error([...new Set(faults)].slice(0, 6).join('; '))
  })
} finally {
  await browser.close()
}
