// The gateway, and the folder in which examples run.

import { spawn } from 'node:child_process'
import { copyFile, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

const { BASE_URL, API_KEY, PACKAGES, PYTHON } = process.env
export const GENERATIONS = `${BASE_URL}/v1/video/generations`
const SMALL = { model: 'grok-image-video', prompt: 'a mill', seconds: 1, resolution: '480p' }
const RUN_MS_MAX = 180_000
const PICTURES = ['photo.png', 'morning.png', 'noon.png', 'evening.png']

/** An answer of the gateway; anything but a success throws. */
export const call = async (url, { key = API_KEY, body, ...headers } = {}) => {
  const answer = await fetch(url, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const text = await answer.text()
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${text}`)
  return JSON.parse(text)
}

/** The id of a new task, which is soon done. */
export const make = async (fields = {}) =>
  (await call(GENERATIONS, { body: { ...SMALL, ...fields } })).task_id

/** The task when it has ended. */
export const ended = async (id) => {
  for (;;) {
    const { data } = await call(`${GENERATIONS}/${id}`, { Prefer: 'wait=60' })
    if (data.status === 'SUCCESS' || data.status === 'FAILURE') return data
  }
}

/** A folder with the packages and pictures that examples use. */
export class Place {
  #folder

  static async prepare(folder) {
    const place = new Place()
    place.#folder = folder
    await symlink(join(PACKAGES, 'node_modules'), place.path('node_modules'))
    for (const name of PICTURES) {
      await copyFile(new URL('../packages/picture.png', import.meta.url), place.path(name))
    }
    return place
  }

  path(name) {
    return join(this.#folder, name)
  }

  /** Starts an example from a file, as a reader who copied it. */
  async start(name, text, variables) {
    const file = this.path(name.replaceAll('/', '-'))
    await writeFile(file, `${text}\n`)
    const programs = { sh: 'bash', mjs: process.execPath, py: PYTHON }
    return spawn(programs[name.split('.').at(-1)], [file], {
      cwd: this.#folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...variables },
    })
  }

  /** Runs an example to its end: what it printed, and the code with which it ended. */
  async run(name, text, variables) {
    const child = await this.start(name, text, variables)
    const late = setTimeout(() => child.kill(), RUN_MS_MAX)
    const read = async (stream) => Buffer.concat(await stream.toArray()).toString()
    const [out, errors, code] = await Promise.all([
      read(child.stdout),
      read(child.stderr),
      new Promise((resolve) => child.on('exit', (code, signal) => resolve(code ?? signal))),
    ])
    clearTimeout(late)
    return { out, errors, code }
  }
}
