// Calls that no gateway makes: a receiver is open to anybody, and has to outlive them.

import { connect } from 'node:net'

const WAIT_MS_MAX = 30_000
/** More than a receiver has to take: a gateway sends 20 KiB at most. */
const LARGE_BYTES = 100_000
const PROMISED_BYTES = 100_000_000

/**
 * Sends bytes and waits until the receiver answers or hangs up; gives the status, or null.
 * `isCut`: nothing comes after these bytes, which the receiver is told at once.
 */
const send = (port, headers, body, isCut = false) =>
  new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1')
    let text = ''
    const timer = setTimeout(() => {
      reject(new Error(`neither an answer nor an end within ${WAIT_MS_MAX} ms`))
      socket.destroy()
    }, WAIT_MS_MAX)
    const done = () => {
      clearTimeout(timer)
      resolve(Number(/^HTTP\/1\.[01] (\d{3}) /.exec(text)?.[1] ?? 0) || null)
      socket.destroy()
    }
    socket.setEncoding('latin1')
    socket.on('data', (more) => {
      text += more
      if (text.includes('\r\n\r\n')) done()
    })
    socket.on('close', done)
    // What is left unread makes the other side reset the connection: an end too.
    socket.on('error', done)
    socket.write(`POST / HTTP/1.1\r\nHost: hooks.example\r\n${headers.join('\r\n')}\r\n\r\n`)
    socket[isCut ? 'end' : 'write'](body)
  })

/** Sends the beginning of a call and resets the connection, as one whose program was killed. */
const reset = (port) =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.on('close', resolve)
    socket.on('error', () => {})
    const text = 'POST / HTTP/1.1\r\nHost: hooks.example\r\nContent-Length: 100\r\n\r\nabc'
    socket.write(text, () => socket.resetAndDestroy())
  })

/** Calls the receiver in every wrong way; throws if it takes one, or waits for what never comes. */
export async function disturb(port) {
  const length = (bytes) => [`Content-Length: ${bytes}`]
  const large = Buffer.alloc(LARGE_BYTES, 'a')
  const calls = [
    ['one that breaks off', length(100), 'abc', true],
    ['one that is too large', length(PROMISED_BYTES), large],
    ['one with a negative length', length(-1), 'abc'],
    ['one whose length is no number', length('many'), 'abc'],
    ['one whose length has many digits', length('9'.repeat(5000)), 'abc'],
    ['one without a body', length(0), ''],
    ['one whose body is no text', length(2), Buffer.from([0xff, 0xfe])],
  ]
  for (const [what, headers, body, isCut] of calls) {
    const status = await send(port, headers, body, isCut).catch((error) => {
      throw new Error(`${what}: ${error.message}`)
    })
    if (status !== null && (status < 400 || status > 499)) throw new Error(`${what}: ${status}`)
  }
  for (let round = 0; round < 5; round += 1) await reset(port)
}
