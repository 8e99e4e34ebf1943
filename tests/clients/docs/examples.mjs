// Runs the examples of the documentation as a reader does: each alone, with the variables that its
// page names, in a folder with the pictures that it reads.

import { readFile, unlink } from 'node:fs/promises'

import { check, equal } from '../node/checks.mjs'
import { readMovie } from '../node/mp4.mjs'
import { askGuide } from './guide.mjs'
import { GENERATIONS, Place, ended, make } from './place.mjs'
import { refuse } from './refusals.mjs'
import { Post, receive } from './receivers.mjs'

const { API_KEY, MANAGER_KEY, IMAGE_BASE_URL } = process.env
const TASK = /task_[0-9a-f]{32}/

/** What it printed; it has to end, and well. */
async function run(place, name, text, variables) {
  const keys = { RUSHES_API_KEY: API_KEY, RUSHES_MANAGE_KEY: MANAGER_KEY }
  const { out, errors, code } = await place.run(name, text, { ...keys, ...variables })
  if (code !== 0) throw new Error(`it ended with ${code}: ${errors} ${out}`.slice(0, 1000))
  return out
}

const makes = (width, height, seconds) => async (out) => {
  const data = await ended(TASK.exec(out)[0])
  equal(data.status, 'SUCCESS', `the status (${data.fail_reason})`)
  isFilm(await (await fetch(data.result_url)).arrayBuffer(), width, height, seconds)
}

const isFilm = (bytes, width, height, seconds) => {
  const movie = readMovie(bytes)
  equal([movie.width, movie.height, movie.seconds], [width, height, seconds], 'the film')
}

/** A file that the example has downloaded. */
const downloads = (name, width, height, seconds) => async (out, { place }) => {
  const { buffer, byteOffset, byteLength } = await readFile(place.path(name))
  isFilm(buffer.slice(byteOffset, byteOffset + byteLength), width, height, seconds)
  await unlink(place.path(name))
}

const says = (pattern) => (out) => equal(pattern.test(out), true, `${pattern} fits ${out}`)

/** For each example what it needs, and a look at what came of it. */
const EXPECTED = {
  'home/create': { look: makes(1280, 720, 4) },
  'quickstart/key': { look: says(/^$/) },
  'quickstart/create': { look: makes(1280, 720, 6) },
  'quickstart/wait': {
    needs: async () => ({ TASK_ID: await make() }),
    look: says(/^(SUCCESS http|\{"code":"success".*"status":"SUCCESS")/),
  },
  'quickstart/download': {
    needs: async () => ({ RESULT_URL: (await ended(await make())).result_url }),
    look: downloads('boat.mp4', 854, 480, 1),
  },
  'quickstart/program': {
    look: async (out, { kind, place, text }) => {
      const look = async (out) => {
        says(/SUCCESS 100%\s+lighthouse\.mp4\s*$/)(out)
        await downloads('lighthouse.mp4', 1280, 720, 4)(out, { place })
      }
      await look(out)
      await look(await refuse(kind, text, place))
    },
  },
  'quickstart/models': { look: says(/grok-image-video[^]*grok-video-1\.5/) },
  'quickstart/image': { look: makes(1280, 720, 4) },
  'quickstart/image_url': {
    needs: () => ({ IMAGE_URL: `${IMAGE_BASE_URL}/product.png` }),
    look: makes(1280, 720, 4),
  },
  'quickstart/images': { look: makes(1280, 720, 8) },
  'quickstart/estimate': { look: says(/^\$0\.00 [Tt]rue|"amount":"0\.00".*"sufficient":true/) },
  'quickstart/cancel': {
    needs: async () => ({ TASK_ID: await make({ prompt: '[[stall]]' }) }),
    look: async (_, { variables: { TASK_ID } }) => {
      equal((await ended(TASK_ID)).error.code, 'cancelled', 'what became of it')
    },
  },
  'quickstart/delete': {
    needs: async () => ({ TASK_ID: await make() }),
    look: async (out, { variables: { TASK_ID } }) => {
      says(/^[Tt]rue|"deleted":true/)(out)
      const headers = { Authorization: `Bearer ${API_KEY}` }
      equal((await fetch(`${GENERATIONS}/${TASK_ID}`, { headers })).status, 404, 'the status of a query')
    },
  },
  'quickstart/list': {
    needs: async () => ({ NEWEST: (await ended(await make())).task_id }),
    look: (out, { kind, text, variables: { NEWEST } }) => {
      says(new RegExp(`^[^]{0,60}${NEWEST}`))(out)
      if (kind !== 'sh') says(/^(task_[0-9a-f]{32} \S+\n)+$/)(out)
    },
  },
  'quickstart/repeat': {
    look: (out) => {
      const ids = out.split('\n').map((line) => TASK.exec(line)?.[0]).filter(Boolean)
      equal([ids.length, new Set(ids).size], [2, 1], 'answers and tasks')
    },
  },
  'quickstart/events': {
    needs: async () => ({ TASK_ID: await make() }),
    look: says(/SUCCESS.*100%/),
  },
  'quickstart/test': {
    look: async (out) => {
      const data = await ended(TASK.exec(out)[0])
      equal([data.status, data.fail_reason.includes('the lamp went out')], ['FAILURE', true], 'the end')
    },
  },
  'webhooks/create': {
    needs: ({ kind, post }) => ({ WEBHOOK_URL: post.url(`/made-by-${kind}`) }),
    look: says(/whsec_[A-Za-z0-9+/=]+/),
  },
  'webhooks/callback': {
    needs: ({ kind, post }) => ({ CALLBACK_URL: post.url(`/callback-${kind}`) }),
    look: async (out, { kind, post }) => {
      await makes(1280, 720, 4)(out)
      await post.heard(`/callback-${kind}`, 'video.completed')
    },
  },
  'webhooks/log': {
    needs: async ({ post }) => ({ WEBHOOK_ID: String((await post.register('/log')).id) }),
    look: says(/\d|\{/),
  },
  'webhooks/verify': { receives: true },
  'webhooks/library': { receives: true },
  'dialects/openai.sh': { look: says(/"id":"video_[0-9a-f]{32}"/) },
  'dialects/openai': { look: downloads('kite.mp4', 1280, 720, 4) },
  'dialects/xai.sh': { look: says(/"request_id":"[0-9a-f-]{36}"/) },
  'dialects/xai': { look: downloads('kite.mp4', 1280, 720, 4) },
}

/** Codes with which a command of the reference would be wrong, whatever it is called with. */
const WRONG = ['method_not_allowed', 'internal_error', 'invalid_request', 'unsupported_media_type']

/** What is only wrong here, where no names are looked up. */
const EXCUSED = /the host name could not be resolved/

/** The command of an operation: with names of nothing, but for tasks and models. */
async function runCommand(place, name, text) {
  const named = [...text.matchAll(/\$([A-Z_]+)/g)].map(([, variable]) => variable)
  const variables = Object.fromEntries(named.map((variable) => [variable, '999999']))
  if (named.includes('MODEL_ID')) variables.MODEL_ID = 'grok-image-video'
  if (named.includes('TASK_ID')) variables.TASK_ID = await make()
  if (named.includes('VIDEO_ID')) variables.VIDEO_ID = (await make()).replace('task_', 'video_')
  for (const key of ['RUSHES_API_KEY', 'RUSHES_MANAGE_KEY']) delete variables[key]
  const out = await run(place, name, text, variables)
  let error
  try {
    error = JSON.parse(out).error
  } catch {
    // A video, a table, or nothing at all.
    return
  }
  const isWrong = WRONG.includes(error?.code) || error?.message === 'there is nothing at this address'
  if (isWrong && !EXCUSED.test(error.message)) throw new Error(`${error.code}: ${error.message}`)
}

/** Commands whose answer goes on for as long as somebody listens. */
const ENDLESS = ['reference/followTasks.sh']

/** Listens for a while to what has no end; curl's 28 says that it was this that ended it. */
async function runEndless(place, name, text) {
  const bounded = text.replace(/\bcurl\b/, 'curl --max-time 3')
  const { out, errors, code } = await place.run(name, bounded, { RUSHES_MANAGE_KEY: MANAGER_KEY, RUSHES_API_KEY: API_KEY })
  if (code !== 28) throw new Error(`it ended with ${code}: ${errors} ${out}`.slice(0, 1000))
  says(/^event: reset/m)(out)
}

async function runOne(name, text, place, post) {
  const [stem, kind] = name.split('.')
  if (ENDLESS.includes(name)) return runEndless(place, name, text)
  if (stem.startsWith('reference/')) return runCommand(place, name, text)
  const expected = EXPECTED[name] ?? EXPECTED[stem]
  if (!expected) throw new Error('nobody says what is to come of it')
  if (expected.receives) return receive(name, text, place, post)
  const around = { kind, place, post, text }
  around.variables = (await expected.needs?.(around)) ?? {}
  return expected.look(await run(place, name, text, around.variables), around)
}

export async function runAll(examples, folder) {
  const place = await Place.prepare(folder)
  const post = await Post.open()
  try {
    // Those of the reference change a gateway in every way there is, so they come last.
    const names = [...examples.keys()]
    const isCommand = (name) => name.startsWith('reference/')
    for (const name of [...names.filter((it) => !isCommand(it)), ...names.filter(isCommand)]) {
      await check(`${name} runs`, () => runOne(name, examples.get(name), place, post))
    }
    for (const kind of ['mjs', 'py']) {
      await check(`the guide's way to check a call, in ${kind}`, () => askGuide(kind, place, post))
    }
    const missing = Object.keys(EXPECTED).filter((it) => !names.some((name) => name.startsWith(it)))
    await check('every example is on a page', () => equal(missing, [], 'what is on none'))
  } finally {
    post.close()
  }
}
