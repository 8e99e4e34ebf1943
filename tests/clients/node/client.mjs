// A client written from section 9 of the published document: the same requests, the same reading
// of the answers, the same decisions. What differs: the waiting time between two polls is a
// setting, so that a test does not take minutes.

const BASE_URL = process.env.BASE_URL
const API_KEY = process.env.NEWAPI_API_KEY
const POLL_INTERVAL_MS = Number(process.env.POLL_INTERVAL_MS ?? 5000)
const POLLING_MS_MAX = 5 * 60 * 1000

const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms))

const refuseWhatCannotWork = (model, imageUrls) => {
  if (model === 'grok-video-1.5' && imageUrls.length !== 1) {
    throw new Error('grok-video-1.5 only supports exactly one reference image.')
  }
  if (model === 'grok-image-video' && imageUrls.length > 7) {
    throw new Error('grok-image-video supports at most 7 reference images.')
  }
}

const call = async (path, body) => {
  const response = await fetch(`${BASE_URL}${path}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Authorization: `Bearer ${API_KEY}`, 'Content-Type': 'application/json' },
    body: body === undefined ? undefined : JSON.stringify(body),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(`the request failed: ${JSON.stringify(answer)}`)
  return answer
}

export const createVideo = async ({
  model = 'grok-image-video',
  prompt,
  seconds = 4,
  aspectRatio = '16:9',
  resolution = '720p',
  imageUrls = [],
}) => {
  refuseWhatCannotWork(model, imageUrls)
  const body = { model, prompt, seconds, aspect_ratio: aspectRatio, resolution }
  if (imageUrls.length > 0) {
    body.image_urls = imageUrls
    // Several references: at most 10 seconds.
    if (imageUrls.length >= 2 && Number(body.seconds) > 10) body.seconds = 10
  }
  const created = await call('/v1/video/generations', body)
  const taskId = created.task_id || created.id
  if (!taskId) throw new Error(`no task_id returned: ${JSON.stringify(created)}`)
  const started = Date.now()
  while (Date.now() - started < POLLING_MS_MAX) {
    await sleep(POLL_INTERVAL_MS)
    const result = await call(`/v1/video/generations/${taskId}`)
    const task = result.data
    if (task?.status === 'SUCCESS' && task.result_url) {
      return { task_id: task.task_id, video_url: task.result_url, raw_response: result }
    }
    if (task?.status === 'FAILURE') {
      throw new Error(`the generation failed: ${task.fail_reason || JSON.stringify(result)}`)
    }
  }
  throw new Error(`the generation timed out: ${taskId}`)
}
