// What a whole program of the documentation makes of refusals: it waits after those that pass, and
// shows the gateway's own sentence for the others.

import { createServer } from 'node:http'

import { equal } from '../node/checks.mjs'

const { BASE_URL, API_KEY } = process.env
/** What the program is refused with before each of its calls goes through, in this order. */
const REFUSALS = [429, 503]
const RETRY_AFTER_SECONDS = 1

/** A gateway that is busy at first: each kind of call is refused twice, then handed on. */
async function busy() {
  const seen = new Map()
  const server = createServer(async (request, response) => {
    const { method, url, headers } = request
    const chunks = await request.toArray()
    const count = seen.get(method) ?? 0
    seen.set(method, count + 1)
    if (count < REFUSALS.length) {
      response.writeHead(REFUSALS[count], { 'Retry-After': RETRY_AFTER_SECONDS }).end('{}')
      return
    }
    const answer = await fetch(`${BASE_URL}${url}`, {
      method,
      headers: {
        Authorization: headers.authorization,
        'Content-Type': 'application/json',
        Prefer: headers.prefer ?? '',
      },
      body: method === 'POST' ? Buffer.concat(chunks) : undefined,
    })
    response.writeHead(answer.status, { 'Content-Type': 'application/json' })
    response.end(await answer.text())
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  return { server, seen, url: `http://127.0.0.1:${server.address().port}` }
}

/** Runs the program with a wrong key, and at a busy gateway; gives what it printed there. */
export async function refuse(kind, text, place) {
  const name = `refused.${kind}`
  const wrong = await place.run(name, text, { RUSHES_API_KEY: 'sk-test-wrong' })
  const says = `${wrong.out}${wrong.errors}`
  equal([wrong.code, /invalid_api_key: \w.{10}/.test(says)], [1, true], `the end (${says})`)
  const { server, seen, url } = await busy()
  const begun = performance.now()
  try {
    const { out, errors, code } = await place.run(name, text.replaceAll(BASE_URL, url), {
      RUSHES_API_KEY: API_KEY,
    })
    equal(code, 0, `the end at a busy gateway (${errors} ${out})`)
    const calls = [seen.get('POST'), seen.get('GET') > REFUSALS.length]
    equal(calls, [REFUSALS.length + 1, true], 'creates, and whether there were queries')
    const waited = (performance.now() - begun) / 1000
    equal(waited >= 2 * REFUSALS.length * RETRY_AFTER_SECONDS, true, `whether ${waited} s is a wait`)
    return out
  } finally {
    server.close()
    server.closeAllConnections()
  }
}
