// The unmodified client `openai` for Node, against a gateway at BASE_URL.

import { readFileSync } from 'node:fs'

import OpenAI, { toFile } from 'openai'
import { check, equal } from './checks.mjs'
import { readMovie } from './mp4.mjs'

const { BASE_URL, API_KEY, PROMPT_FAIL, MODEL } = process.env
const PICTURE = readFileSync(new URL('picture.png', import.meta.url))
const POLL_INTERVAL_MS = 100

const client = (apiKey = API_KEY) =>
  new OpenAI({ apiKey, baseURL: `${BASE_URL}/v1`, maxRetries: 0, timeout: 120_000 })

const make = async (fields) => {
  const { videos } = client()
  let video = await videos.create({ model: MODEL, seconds: '4', size: '1280x720', ...fields })
  while (video.status === 'queued' || video.status === 'in_progress') {
    await new Promise((done) => setTimeout(done, POLL_INTERVAL_MS))
    video = await videos.retrieve(video.id)
  }
  return video
}

const failure = async (work) => {
  try {
    await work()
  } catch (error) {
    return error
  }
  throw new Error('it went well')
}

await check('text: made, polled, downloaded', async () => {
  const video = await make({ prompt: 'a red sports car' })
  equal([video.object, video.status, video.progress], ['video', 'completed', 100], 'the video')
  equal([video.seconds, video.size], ['4', '1280x720'], 'its terms')
  const content = await client().videos.downloadContent(video.id)
  const movie = readMovie(await content.arrayBuffer())
  equal([movie.width, movie.height, movie.seconds], [1280, 720, 4], 'the film')
})

await check('an image as a file', async () => {
  const input_reference = await toFile(PICTURE, 'picture.png', { type: 'image/png' })
  const video = await make({ prompt: 'it turns around', input_reference, size: '720x1280' })
  equal([video.status, video.size], ['completed', '720x1280'], 'the video')
})

await check('a job that fails says so', async () => {
  const video = await make({ prompt: `a fox ${PROMPT_FAIL}` })
  equal(video.status, 'failed', 'the status')
  equal(typeof video.error.message, 'string', 'the kind of the message')
})

await check('list and delete', async () => {
  const first = (await client().videos.list({ limit: 1 })).data[0]
  const gone = await client().videos.delete(first.id)
  equal([gone.id, gone.deleted], [first.id, true], 'what is gone')
  const error = await failure(() => client().videos.retrieve(first.id))
  equal(error instanceof OpenAI.NotFoundError, true, `a NotFoundError (${error})`)
})

await check('a wrong key and no prompt are told apart', async () => {
  const wrong = await failure(() => client('sk-wrong').videos.create({ prompt: 'a fox' }))
  equal(wrong instanceof OpenAI.AuthenticationError, true, `an AuthenticationError (${wrong})`)
  const empty = await failure(() => client().videos.create({ prompt: '' }))
  equal(empty instanceof OpenAI.BadRequestError, true, `a BadRequestError (${empty})`)
})
