// Suite `seed-node`: text, one image as URL and as data URL, several images, grok-video-1.5, and
// a failure, each with the client of client.mjs; the video is downloaded and looked at.

import { check, equal } from './checks.mjs'
import { createVideo } from './client.mjs'
import { readMovie } from './mp4.mjs'

const IMAGES = process.env.IMAGE_BASE_URL

const dataUrl = async (url) => {
  const bytes = Buffer.from(await (await fetch(url)).arrayBuffer())
  return `data:image/png;base64,${bytes.toString('base64')}`
}

const download = async (url) => {
  const response = await fetch(url)
  equal(response.status, 200, 'the status of the download')
  equal(response.headers.get('content-type'), 'video/mp4', 'its content type')
  return response.arrayBuffer()
}

const makes = (name, request, [width, height, seconds]) =>
  check(`${name}: ${width}x${height}, ${seconds} s`, async () => {
    const video = await createVideo(request)
    equal(video.raw_response.code, 'success', 'code')
    const movie = readMovie(await download(video.video_url))
    equal(movie.kinds[0], 'ftyp', 'the first box')
    equal(movie.kinds.indexOf('moov') < movie.kinds.indexOf('mdat'), true, 'moov before mdat')
    equal([movie.width, movie.height], [width, height], 'the size')
    equal(movie.seconds, seconds, 'the length')
  })

await makes('text', { prompt: '雨夜霓虹 a red sports car', resolution: '480p' }, [854, 480, 4])
await makes(
  'one image',
  { prompt: 'slow rotating camera', aspectRatio: '9:16', imageUrls: [`${IMAGES}/product.png`] },
  [720, 1280, 4],
)
await makes(
  'one image as a data URL',
  {
    prompt: 'slow rotating camera',
    aspectRatio: '1:1',
    resolution: '480p',
    imageUrls: [await dataUrl(`${IMAGES}/product.png`)],
  },
  [480, 480, 4],
)
await makes(
  'several images, 15 s asked',
  {
    prompt: 'a smooth product showcase',
    seconds: 15,
    resolution: '480p',
    imageUrls: [`${IMAGES}/ref-1.png`, `${IMAGES}/ref-2.png`, `${IMAGES}/ref-3.png`],
  },
  [854, 480, 10],
)
await makes(
  'grok-video-1.5',
  {
    model: 'grok-video-1.5',
    prompt: 'smooth cinematic motion',
    resolution: '480p',
    imageUrls: [`${IMAGES}/reference.png`],
  },
  [854, 480, 4],
)
await check('an image that cannot be fetched ends as FAILURE with the reason', async () => {
  const request = { prompt: 'a product', imageUrls: [`${IMAGES}/refused/product.png`] }
  const outcome = await createVideo(request).catch((error) => error.message)
  const reason =
    'Image URL could not be fetched: Fetching image failed with HTTP status 400 Bad Request.'
  equal(outcome, `the generation failed: ${reason}`, 'the outcome')
})
