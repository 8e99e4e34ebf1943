// Suite `console`: the console in a browser, from the first start on.

import { check } from '../checks.mjs'
import { door, throttled } from './door.mjs'
import { faulty } from './faulty.mjs'
import { channel, first } from './first.mjs'
import { live } from './live.mjs'
import { PAGES, looks } from './looks.mjs'
import { makeUser, rights } from './rights.mjs'
import { browser, faults } from './stage.mjs'

try {
  await door()
  await check('an operator makes a user', makeUser)
  await rights()
  await first()
  await live()
  await channel()
  await faulty()
  await looks(PAGES)
  await throttled()
  await check('no page broke a rule of its policy, said an error, or asked another host', () => {
    if (faults.length > 0) throw new Error([...new Set(faults)].slice(0, 6).join('; '))
  })
} finally {
  await browser.close()
}
