// The overview shows what other programs make, without being loaded anew.

import { check, equal } from '../checks.mjs'
import { BASE, must, open, owner } from './stage.mjs'

/** How long a video of the preview renderer may take on a machine that does other things too. */
const VIDEO_MS = 120_000

export const live = async () => {
  await check('a task made by the API appears in the open page, succeeds, and its video plays', async () => {
    const page = await owner()
    await open(page, '/')
    await page.getByText('Nothing shot yet').waitFor()
    const made = await fetch(`${BASE}/v1/video/generations`, {
      method: 'POST', headers: { authorization: `Bearer ${process.env.API_KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ model: 'grok-image-video', prompt: 'paper boats at dawn', seconds: 2, resolution: '480p' }),
    })
    equal(made.status, 200, 'the status')
    const { task_id } = await made.json()
    const row = page.locator(`tr[data-id=${task_id}]`)
    await row.getByText('paper boats at dawn').waitFor()
    await row.getByText('Success').waitFor({ timeout: VIDEO_MS })
    const link = await row.getByRole('link', { name: task_id }).getAttribute('href')
    const played = await page.evaluate(async (url) => {
      const video = document.createElement('video')
      Object.assign(video, { src: url, muted: true })
      await video.play()
      await new Promise((resolve) => { video.ontimeupdate = () => video.currentTime > 0.3 && resolve() })
      return { width: video.videoWidth, height: video.videoHeight, seconds: video.duration }
    }, link)
    equal([played.width, played.height], [854, 480], 'the size')
    must(Math.abs(played.seconds - 2) < 0.2, `${played.seconds} s long`)
    await page.context().close()
  })
}
