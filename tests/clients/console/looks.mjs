// Languages, themes, widths, and who uses the console without seeing it.

import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { check, equal } from '../checks.mjs'
import { must, open, owner, visitor, CONSOLE } from './stage.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']

/** Every page. */
export const PAGES = [
  '/', '/playground', '/tasks', '/keys', '/usage', '/billing', '/webhooks', '/settings', '/admin', '/admin/channels', '/admin/models', '/admin/users',
  '/admin/groups', '/admin/credit', '/admin/tasks', '/admin/audit', '/admin/system',
]

/** What axe finds on a page. */
export const findings = async (page) => {
  // By the debugger, which no policy of the page's stops.
  await page.evaluate(axe)
  const { violations } = await page.evaluate((rules) => axe.run(document, { runOnly: rules }), RULES)
  return violations.map((it) => `${it.id} (${it.impact}): ${it.nodes.slice(0, 2).map((node) => node.html.slice(0, 140)).join(' | ')}`)
}

export const looks = async (pages) => {
  await check('language and theme switch, and stay', async () => {
    const page = await owner()
    await page.getByRole('button', { name: '切换到中文' }).click()
    await page.getByRole('link', { name: '概览' }).first().waitFor()
    equal(await page.evaluate(() => document.documentElement.lang), 'zh-CN', 'the language')
    const before = await page.evaluate(() => getComputedStyle(document.body).backgroundColor)
    await page.getByRole('button', { name: '切换明暗主题' }).click()
    await page.waitForFunction((was) => getComputedStyle(document.body).backgroundColor !== was, before)
    await page.reload()
    await page.getByRole('link', { name: '概览' }).first().waitFor()
    equal(await page.evaluate(() => document.documentElement.dataset.theme), 'dark', 'the theme')
    await page.context().close()
  })

  await check('the browser’s language is the first that is tried', async () => {
    const page = await visitor({ language: 'zh' })
    await page.goto(`${CONSOLE}/login`)
    await page.getByRole('heading', { name: '登录' }).waitFor()
    await page.context().close()
  })

  for (const [language, theme, width] of [['en', 'light', 1440], ['zh', 'dark', 1440], ['zh', 'light', 390], ['en', 'dark', 390]]) {
    await check(`every page, ${language}, ${theme}, ${width} px: nothing that shuts somebody out, nothing sideways`, async () => {
      const page = await owner({ language, theme, width })
      const found = []
      for (const path of pages) {
        await open(page, path)
        const { sideways, headings } = await page.evaluate(() => ({
          sideways: document.documentElement.scrollWidth - innerWidth, headings: document.querySelectorAll('h1').length,
        }))
        if (sideways > 0) found.push(`${path}: ${sideways} px sideways`)
        if (headings !== 1) found.push(`${path}: ${headings} first headings`)
        for (const finding of await findings(page)) found.push(`${path}: ${finding}`)
      }
      must(found.length === 0, found.slice(0, 8).join('; '))
      await page.context().close()
    })
  }
}
