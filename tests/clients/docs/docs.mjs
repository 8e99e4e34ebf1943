// Suite `docs`: the documentation that a gateway serves, clicked through and run.
// Arguments: the browser's path, an empty folder for its profile, an empty folder for the examples.
// With PICTURES, a folder, each page is also photographed.

import { Browser } from '../browser/cdp.mjs'
import { check } from '../node/checks.mjs'
import { runAll } from './examples.mjs'
import { clickThrough } from './pages.mjs'
import { Tab } from './tab.mjs'

const [browserPath, profile, place] = process.argv.slice(2)

const browser = new Browser(browserPath, profile)
let examples = new Map()
try {
  const tab = await check('the browser opens', () => Tab.open(browser))
  if (tab) examples = await clickThrough(browser, tab)
} finally {
  await browser.close()
}
await runAll(examples, place)
