// The functions with which the repository's own text on webhooks checks calls: they say yes to what
// the gateway sent, no to every forgery, and never throw, since anybody can call a receiver.

import { readFileSync } from 'node:fs'

import { equal } from '../node/checks.mjs'
import { call } from './place.mjs'
import { forgeries } from './receivers.mjs'

const { BASE_URL, MANAGER_KEY } = process.env
const GUIDE = new URL('../../../docs/webhooks.md', import.meta.url)

/** What asks the function about each call, in its own language. */
const ASKS = {
  mjs: `const calls = JSON.parse(process.env.CALLS)
const ask = ({ headers, body }) => verify(process.env.SECRET, headers, Buffer.from(body, 'base64'))
console.log(JSON.stringify(calls.map(ask)))`,
  py: `import json, os
calls = json.loads(os.environ["CALLS"])
ask = lambda it: verify(os.environ["SECRET"], it["headers"], base64.b64decode(it["body"]))
print(json.dumps([ask(it) for it in calls]))`,
}

/** The one sample of the guide in this language that has a function `verify`. */
const sample = (fence, start) => {
  const blocks = [...readFileSync(GUIDE, 'utf8').matchAll(/^```(\w+)\n([^]*?)^```$/gm)]
  const found = blocks.filter(([, kind, text]) => kind === fence && text.includes(start))
  equal(found.length, 1, `samples with ${start}`)
  return found[0][2]
}

const SAMPLES = { mjs: ['javascript', 'function verify('], py: ['python', 'def verify('] }

/** Asks the function of this kind about a test call and about forgeries of it. */
export async function askGuide(kind, place, post) {
  const path = `/guide-${kind}`
  const { id, secret } = await post.register(path)
  try {
    await call(`${BASE_URL}/api/webhooks/${id}/test`, { key: MANAGER_KEY, body: {} })
    const { headers, body } = await post.heard(path, 'webhook.test')
    const changed = forgeries(secret, headers, body)
    const calls = [['a genuine call', headers, body], ...changed].map(([, headers, body]) => ({
      headers,
      body: body.toString('base64'),
    }))
    const text = `${sample(...SAMPLES[kind])}\n${ASKS[kind]}`
    const variables = { SECRET: secret, CALLS: JSON.stringify(calls) }
    const child = await place.start(`guide.${kind}`, text, variables)
    const [out, errors] = await Promise.all(
      [child.stdout, child.stderr].map(async (it) => Buffer.concat(await it.toArray()).toString()),
    )
    if (!out) throw new Error(`it ended: ${errors}`.slice(0, 1000))
    const names = ['a genuine call', ...changed.map(([what]) => what)]
    const said = Object.fromEntries(JSON.parse(out).map((yes, index) => [names[index], yes]))
    const expected = Object.fromEntries(names.map((name, index) => [name, index === 0]))
    equal(said, expected, 'what it says of each')
  } finally {
    await post.remove(id)
  }
}
