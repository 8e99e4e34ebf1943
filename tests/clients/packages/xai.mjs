// The unmodified clients `ai` and `@ai-sdk/xai`, against whatever speaks xAI's dialect at BASE_URL. Words in
// a prompt that make it fail there come from PROMPT_FAIL and PROMPT_MODERATED.

import { readFileSync } from 'node:fs'

import { createXai } from '@ai-sdk/xai'
import { experimental_generateVideo as generateVideo } from 'ai'
import { check, equal } from './checks.mjs'
import { readMovie } from './mp4.mjs'

const { BASE_URL, API_KEY, PROMPT_FAIL, PROMPT_MODERATED } = process.env
// The fake upstream has one small film for every job: 320x180, 1 s.
const IS_GATEWAY = process.env.IS_GATEWAY === '1'
const FILM = [320, 180, 1]
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

const makes = (name, work, asked) => {
  const [width, height, seconds] = IS_GATEWAY ? asked : FILM
  return check(`${name}: ${width}x${height}, ${seconds} s`, async () => {
    const { video, providerMetadata } = await work()
    const bytes = video.uint8Array
    const movie = readMovie(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length))
    equal(movie.kinds[0], 'ftyp', 'the first box')
    equal(movie.kinds.includes('moov') && movie.kinds.includes('mdat'), true, 'it is whole')
    equal([movie.width, movie.height], [width, height], 'the size')
    equal(movie.seconds, seconds, 'the length')
    // Byte for byte what the address has, not only something of its kind.
    const { data } = await download({ url: providerMetadata.xai.videoUrl })
    equal(Buffer.compare(Buffer.from(bytes), Buffer.from(data)), 0, 'the difference in bytes')
    equal(typeof providerMetadata.xai.requestId, 'string', 'the kind of the request id')
    equal(providerMetadata.xai.videoUrl.startsWith('http'), true, 'the video has an address')
  })
}

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
await refuses('no prompt', () => generate('', { duration: 4 }), [400, 422])
await refuses('too long', () => generate('a fox', { duration: 16 }), [400])
await refuses('a model that is not there', () => generate('a fox', { model: 'nope' }), [400, 404])

// What the fake upstream took, and what its scripts do on the way, which no gateway shows.
if (!IS_GATEWAY) {
  const jobOf = async (prompt) => {
    const { data } = await (await fetch(`${BASE_URL}/control/jobs`)).json()
    const found = data.filter((job) => job.prompt === prompt)
    equal(found.length, 1, `the number of jobs of "${prompt}"`)
    return found[0]
  }
  await check('each option arrives in the field of its name', async () => {
    await generate('every option', { duration: 6, aspectRatio: '9:16' }, { resolution: '720p' })
    const { request } = await jobOf('every option')
    const expected = { duration: 6, aspect_ratio: '9:16', resolution: '720p' }
    const { duration, aspect_ratio, resolution } = request
    equal({ duration, aspect_ratio, resolution }, expected, 'the body')
  })
  await check('an image arrives as an object with a data URL', async () => {
    await generate({ image: PICTURE, text: 'with one image' }, { duration: 4 })
    equal((await jobOf('with one image')).request.image, { url: reference }, 'image')
  })
  await check('reference images arrive as objects with URLs', async () => {
    const more = { mode: 'reference-to-video', referenceImageUrls: [reference, reference] }
    await generate('with references', { duration: 4 }, more)
    const { request } = await jobOf('with references')
    equal(request.reference_images, [{ url: reference }, { url: reference }], 'reference_images')
  })
  await check('a pending job is asked again, with and without a body', async () => {
    const prompt = 'slowly <<takes: 600ms>> <<poll: pending_empty x2>>'
    await generate(prompt, { duration: 4 })
    const { polls } = await jobOf(prompt)
    equal(polls >= 4, true, `${polls} polls are at least 4`)
  })
  await fails(
    'an unknown word is waited for until the time is over',
    () => generate('a fox <<poll: unknown_status>>', { duration: 4 }, { pollTimeoutMs: 500 }),
    'XAI_VIDEO_GENERATION_TIMEOUT',
  )
  await fails(
    'an expired job',
    () => generate('a fox <<poll: expired>>', { duration: 4 }),
    'XAI_VIDEO_GENERATION_EXPIRED',
  )
  await fails(
    'a moderated job without an address',
    () => generate('a fox <<poll: moderated_empty>>', { duration: 4 }),
    'XAI_VIDEO_MODERATION_ERROR',
  )
  await refuses('a ratio that no model has', () => generate('a fox', { aspectRatio: '7:1' }), [422])
  await refuses('a burst', () => generate('a fox <<submit: 429>>', { duration: 4 }), [429])
  await check('what went well has its cost', async () => {
    const { providerMetadata } = await generate('a cost', { duration: 4 })
    equal(providerMetadata.xai.costInUsdTicks, 800_000_000, 'the cost in ticks')
  })
}
