// Suite `chromium`: a browser plays and seeks a video that the gateway made.
// Arguments: the browser's path and an empty folder for its profile.
//
// The page comes from another origin than the video, as in a customer's own web page, so that
// reading its pixels also shows that the link allows that.

import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'

import { check, equal } from '../node/checks.mjs'
import { createVideo } from '../node/client.mjs'
import { Browser } from './cdp.mjs'

const SECONDS = 6
const [browserPath, profile] = process.argv.slice(2)

const html = await readFile(new URL('play.html', import.meta.url))
const pages = createServer((_, response) => {
  response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(html)
})
await new Promise((resolve) => pages.listen(0, '127.0.0.1', resolve))

/** Helpers inside the page; `frame` is a small picture of what the video shows. */
const HELPERS = `
  window.video = document.querySelector('video')
  window.until = (name) => new Promise((resolve, reject) => {
    const late = setTimeout(() => reject(new Error('no ' + name + ' within 20 s')), 20000)
    video.addEventListener(name, () => { clearTimeout(late); resolve() }, { once: true })
    video.addEventListener('error', () => {
      clearTimeout(late)
      reject(new Error('the video failed: ' + video.error.code + ' ' + video.error.message))
    }, { once: true })
  })
  window.frame = () => {
    const canvas = document.createElement('canvas')
    ;[canvas.width, canvas.height] = [64, 36]
    const context = canvas.getContext('2d')
    context.drawImage(video, 0, 0, 64, 36)
    return context.getImageData(0, 0, 64, 36).data
  }
  true`

const browser = new Browser(browserPath, profile)
const answers = []
browser.on(({ method, params }) => {
  if (method === 'Network.responseReceived') answers.push(params.response)
})

try {
  const made = await check('a video to play is made', () =>
    createVideo({ prompt: 'a red sports car in neon rain 雨夜霓虹', seconds: SECONDS }),
  )
  const page = await check('the browser opens a page', () =>
    browser.page(`http://127.0.0.1:${pages.address().port}/`),
  )
  if (made && page) await play(page, made.video_url)
} finally {
  await browser.close()
  pages.close()
}

async function play(page, url) {
  await page(HELPERS)
  await check('size and length are known before playing', async () => {
    const known = await page(`(async () => {
      const ready = until('loadedmetadata')
      video.src = ${JSON.stringify(url)}
      await ready
      return [video.videoWidth, video.videoHeight, video.duration]
    })()`)
    equal(known, [1280, 720, SECONDS], 'width, height, length')
  })
  await check('currentTime advances', async () => {
    const times = await page(`(async () => {
      await video.play()
      const times = []
      for (let count = 0; count < 3; count += 1) {
        await until('timeupdate')
        times.push(video.currentTime)
      }
      video.pause()
      return times
    })()`)
    const rising = times.every((time, index) => index === 0 || time > times[index - 1])
    equal(rising && times.at(-1) > 0, true, `rising times ${times}`)
  })
  await check('frames are pictures, not one colour', async () => {
    const spread = await page(`(() => {
      const bytes = frame()
      let [low, high] = [255, 0]
      for (let at = 0; at < bytes.length; at += 4) {
        low = Math.min(low, bytes[at + 1])
        high = Math.max(high, bytes[at + 1])
      }
      return high - low
    })()`)
    equal(spread > 20, true, `enough contrast (${spread})`)
  })
  await check('seeking forward and back lands where it was asked to', async () => {
    const times = await page(`(async () => {
      const times = []
      for (const time of [5, 1.5, 3.25]) {
        const done = until('seeked')
        video.currentTime = time
        await done
        times.push(video.currentTime)
      }
      return times
    })()`)
    equal(times, [5, 1.5, 3.25], 'the times')
  })
  await check('playing to the end ends there', async () => {
    const end = await page(`(async () => {
      video.currentTime = ${SECONDS - 0.5}
      const done = until('ended')
      await video.play()
      await done
      return video.currentTime
    })()`)
    equal(end, SECONDS, 'the time at the end')
  })
  await check('the bytes came as answers to Range requests', async () => {
    const statuses = answers.filter((answer) => answer.url === url).map((answer) => answer.status)
    equal(statuses.length > 0 && statuses.every((status) => status === 206), true, `${statuses}`)
  })
}
