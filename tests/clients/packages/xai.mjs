// The unmodified clients `ai` and `@ai-sdk/xai`, against whatever speaks xAI's dialect at BASE_URL. Words in
// a prompt that make it fail there come from PROMPT_FAIL and PROMPT_MODERATED.

import { readFileSync } from 'node:fs'

import { createXai } from '@ai-sdk/xai'
import { experimental_generateVideo as generateVideo } from 'ai'
import { check, equal } from './checks.mjs'
import { readMovie } from './mp4.mjs'

const { BASE_URL, API_KEY, PROMPT_FAIL, PROMPT_MODERATED } = process.env
// The fake upstream has one small film for every job, and takes any prompt.
const IS_GATEWAY = process.env.IS_GATEWAY === '1'
const PICTURE = readFileSync(new URL('picture.png', import.meta.url))
const TIMEOUT_MS = 120_000

globalThis.AI_SDK_LOG_WARNINGS = false

// Its own download refuses addresses on loopback, so it is given one: an option that it documents.
const download = async ({ url }) => {
  const response = await fetch(url)
  equal(response.status, 200, 'the status of the download')
  return {
    data: new Uint8Array(await response.arrayBuffer()),
    mediaType: response.headers.get('content-type') ?? undefined,
  }
}

const generate = (prompt, options = {}, xaiOptions = {}, apiKey = API_KEY) => {
  const xai = createXai({ apiKey, baseURL: `${BASE_URL}/v1` })
  return generateVideo({
    model: xai.video(options.model ?? 'grok-imagine-video'),
    prompt,
    duration: options.duration,
    aspectRatio: options.aspectRatio,
    maxRetries: 0,
    download,
    abortSignal: AbortSignal.timeout(TIMEOUT_MS),
    providerOptions: {
      xai: { pollIntervalMs: 100, pollTimeoutMs: TIMEOUT_MS, resolution: '480p', ...xaiOptions },
    },
  })
}

const makes = (name, work, [width, height, seconds]) =>
  check(`${name}: ${width}x${height}, ${seconds} s`, async () => {
    const { video, providerMetadata } = await work()
    const bytes = video.uint8Array
    const movie = readMovie(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    equal(movie.kinds[0], 'ftyp', 'the first box')
    if (IS_GATEWAY) {
      equal([movie.width, movie.height], [width, height], 'the size')
      equal(movie.seconds, seconds, 'the length')
    }
    equal(typeof providerMetadata.xai.requestId, 'string', 'the kind of the request id')
    equal(providerMetadata.xai.videoUrl.startsWith('http'), true, 'the video has an address')
  })

const failure = async (work) => {
  try {
    await work()
  } catch (error) {
    return error.lastError ?? error
  }
  throw new Error('it went well')
}

const fails = (name, work, expected) =>
  check(name, async () => {
    const error = await failure(work)
    equal(error.name, expected, `the error's name (${error.message})`)
  })

const refuses = (name, work, statuses) =>
  check(name, async () => {
    const error = await failure(work)
    equal(error.name, 'AI_APICallError', `the error's name (${error.message})`)
    equal(statuses.includes(error.statusCode), true, `status ${error.statusCode} in ${statuses}`)
    equal(error.message.length > 3, true, `it says why: ${error.message}`)
  })

const reference = `data:image/png;base64,${PICTURE.toString('base64')}`

await makes(
  'text',
  () => generate('a red sports car', { duration: 4, aspectRatio: '16:9' }),
  [854, 480, 4],
)
await makes(
  'image',
  () => generate({ image: PICTURE, text: 'it turns around' }, { duration: 4, aspectRatio: '1:1' }),
  [480, 480, 4],
)
await makes(
  'reference images',
  () =>
    generate(
      'all of them',
      { duration: 4, aspectRatio: '9:16' },
      { mode: 'reference-to-video', referenceImageUrls: [reference, reference] },
    ),
  [480, 854, 4],
)
await fails(
  'a job that fails',
  () => generate(`a fox ${PROMPT_FAIL}`, { duration: 4 }),
  'XAI_VIDEO_GENERATION_FAILED',
)
await check('a job that is moderated', async () => {
  const error = await failure(() => generate(`a fox ${PROMPT_MODERATED}`, { duration: 4 }))
  const names = ['XAI_VIDEO_MODERATION_ERROR', 'XAI_VIDEO_GENERATION_FAILED']
  equal(names.includes(error.name), true, `${error.name} in ${names}`)
})
await refuses('a wrong key', () => generate('a fox', { duration: 4 }, {}, 'sk-wrong'), [400, 401])
if (IS_GATEWAY)
  await refuses('no prompt', () => generate('', { duration: 4 }), [400, 422])
await refuses('a model that is not there', () => generate('a fox', { model: 'nope' }), [400, 404])
