// The player: a video between perforations, frame by frame, over a strip of pictures drawn from it.
//
// Guarantees: a link that is signed anew does not disturb what is playing; one that has expired is
// replaced once by itself, then by a button; keys act only while the focus is inside. Nothing is
// uploaded or kept: the strip is drawn here, from the same file.

import { html, names } from '../core/html.js'
import { t } from '../core/i18n.js'
import { local } from '../core/place.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { Button } from './button.js'
import { Gate } from './film.js'
import { Icon } from './icon.js'

/** Frames a second, until the video has shown its own. */
const FRAMES_A_SECOND = 24
/** Pictures of the strip, and their size in pixels. */
const PICTURES = 8
const WIDTH = 160
const HEIGHT = 100
/** A link that fails again so soon is not asked for again by itself, in milliseconds. */
const PATIENCE_MS = 15_000

/** @param {number} value @param {number} [width] */
const two = (value, width = 2) => String(Math.floor(value)).padStart(width, '0')

/** Seconds and frames, with minutes where there are some; all of it for the picture's corner.
 * @param {number} at seconds @param {number} frame its seconds @param {boolean} [all] */
export function timecode(at, frame, all) {
  const frames = Math.floor(at / frame + 0.01)
  const rate = Math.max(1, Math.round(1 / frame))
  const seconds = Math.floor(frames / rate)
  const short = `${two(seconds % 60)}:${two(frames % rate)}`
  if (all) return `${two(seconds / 3_600)}:${two((seconds / 60) % 60)}:${short}`
  return seconds >= 60 ? `${two(seconds / 60)}:${short}` : short
}

/** Minutes and seconds, to the hundredth. @param {number} at seconds */
const clock = (at) => `${Math.floor(at / 60)}:${(Math.floor(at * 100) / 100 % 60).toFixed(2).padStart(5, '0')}`

/**
 * @typedef {object} PlayerProps
 * @property {any} task The public task, which has succeeded and whose file is kept.
 * @property {string} name What the video shows, for who does not see it.
 * @property {() => Promise<any>} onAnew Asks for the task again: the public task, with a fresh link.
 */

/** @param {PlayerProps} props */
export function Player(props) {
  return html`<${Deck} key=${props.task.task_id} ...${props} />`
}

/** @param {PlayerProps} props */
function Deck({ task, name, onAnew }) {
  const home = useRef(/** @type {HTMLElement | null} */ (null))
  const video = useRef(/** @type {HTMLVideoElement | null} */ (null))
  const link = useLink(task, onAnew, video)
  const tape = useTape(video, home)
  const { at, length, frame, playing } = tape
  const key = (/** @type {KeyboardEvent} */ event) => press(event, tape)
  const stage = html`<video ref=${video} src=${link.url} poster=${task.poster_url ? local(task.poster_url) : undefined} preload="metadata" playsinline
      loop=${tape.loop} muted=${tape.muted} aria-label=${name} onClick=${tape.toggle} onError=${link.onError} ...${tape.events}></video>
    ${link.broken ? html`<${Broken} link=${link} />` : html`<span class="tc" aria-hidden="true">${timecode(at, frame, true)}</span>
      ${!playing && html`<button class="playb" type="button" aria-label=${t('player.play')} onClick=${tape.toggle}>
        <svg viewBox="0 0 24 24" aria-hidden="true"><path d="M6 3.5v17l15-8.5z"/></svg></button>`}`}`
  const position = html`<input class="seek" type="range" min="0" max=${length || 1} step="any" value=${at} aria-label=${t('player.position')}
    aria-valuetext=${`${clock(at)} / ${clock(length)}`}
    onInput=${(/** @type {any} */ event) => tape.seek(Number(event.target.value))} />`
  return html`<div class="player" ref=${home} tabindex="0" role="group" aria-label=${t('player.keys', name)} onKeyDown=${key}>
    <${Gate} below=${html`<${Buttons} tape=${tape} task=${task} url=${link.url} />
      <${Strip} key=${link.url} url=${link.url} share=${length > 0 ? at / length : 0}>${position}<//>`}>${stage}<//></div>`
}

/** @typedef {{ url: string, broken: boolean, asking: boolean, onError: () => void, anew: () => Promise<void> }} Link */

/** The file's link: it stays while it works. @param {any} task @param {() => Promise<any>} onAnew @param {{ current: HTMLVideoElement | null }} video
 * @returns {Link} */
function useLink(task, onAnew, video) {
  const [state, setState] = useState({ url: local(task.result_url), broken: false, asking: false })
  const triedAt = useRef(-PATIENCE_MS)
  const anew = async () => {
    triedAt.current = performance.now()
    setState((was) => ({ ...was, asking: true }))
    const resume = video.current?.currentTime ?? 0
    const fresh = await onAnew().catch(() => null)
    const url = fresh?.result_url ? local(fresh.result_url) : ''
    setState((was) => ({ url: url || was.url, broken: url === '', asking: false }))
    if (url === '' || !video.current) return
    video.current.addEventListener('loadedmetadata', () => {
      if (video.current && resume > 0) video.current.currentTime = resume
    }, { once: true })
    // The same link once more: it is the file that could not be had.
    if (video.current.error) video.current.load()
  }
  const onError = () => {
    if (performance.now() - triedAt.current < PATIENCE_MS) return setState((was) => ({ ...was, broken: true, asking: false }))
    return void anew()
  }
  return { ...state, onError, anew }
}

/** @param {{ link: Link }} props */
function Broken({ link }) {
  return html`<div class="broken" role="alert"><${Icon} name="circle-alert" size="l" /><p><b>${t('player.broken')}</b></p>
    <p>${t('player.brokenWhy')}</p><${Button} small icon="rotate-ccw" busy=${link.asking} onClick=${link.anew}>${t('player.anew')}<//></div>`
}

/** Where the video is, and what can be done with it.
 * @param {{ current: HTMLVideoElement | null }} video @param {{ current: HTMLElement | null }} home */
function useTape(video, home) {
  const [state, setState] = useState({ at: 0, length: 0, playing: false, loop: false, muted: false })
  const frame = useFrame(video, state.playing, (at) => set({ at }))
  const set = (/** @type {Partial<typeof state>} */ change) => setState((was) => ({ ...was, ...change }))
  const seek = (/** @type {number} */ to) => {
    if (!video.current) return
    video.current.currentTime = Math.min(Math.max(0, to), Math.max(0, state.length - frame / 2))
    set({ at: video.current.currentTime })
  }
  const toggle = () => {
    const it = video.current
    if (it?.paused) it.play().catch(() => {})
    else it?.pause()
  }
  const step = (/** @type {number} */ by) => {
    const it = video.current
    if (!it) return
    it.pause()
    // To the middle of the frame: its edge may round to its neighbour.
    seek((Math.floor(it.currentTime / frame + 0.01) + by + 0.5) * frame)
  }
  const events = {
    onLoadedMetadata: (/** @type {any} */ event) => set({ length: Number.isFinite(event.target.duration) ? event.target.duration : 0 }),
    onTimeUpdate: (/** @type {any} */ event) => set({ at: event.target.currentTime }),
    onSeeked: (/** @type {any} */ event) => set({ at: event.target.currentTime }),
    onPlay: () => set({ playing: true }),
    onPause: () => set({ playing: false }),
  }
  const turn = () => set({ loop: !state.loop })
  const mute = () => set({ muted: !state.muted })
  return { ...state, frame, seek, toggle, step, turn, mute, fill: () => fill(home.current, video.current), events }
}

/** @typedef {ReturnType<typeof useTape>} Tape */

/** How long a frame is, in seconds, measured while the video plays; and a call for each.
 * @param {{ current: HTMLVideoElement | null }} video @param {boolean} playing @param {(at: number) => void} tell */
function useFrame(video, playing, tell) {
  const [frame, setFrame] = useState(1 / FRAMES_A_SECOND)
  useEffect(() => {
    const it = video.current
    if (!playing || !it?.requestVideoFrameCallback) return undefined
    let before = -1
    let shortest = Infinity
    const look = (/** @type {number} */ _, /** @type {{ mediaTime: number }} */ { mediaTime }) => {
      const passed = mediaTime - before
      // What is shorter than a 120th of a second is a seek or a rounding.
      if (before >= 0 && passed > 1 / 121 && passed < shortest) {
        shortest = passed
        setFrame(1 / Math.round(1 / passed))
      }
      before = mediaTime
      tell(mediaTime)
      handle = it.requestVideoFrameCallback(look)
    }
    let handle = it.requestVideoFrameCallback(look)
    return () => it.cancelVideoFrameCallback(handle)
  }, [playing])
  return frame
}

/** Fills the screen, or gives it back. @param {HTMLElement | null} home @param {any} video */
function fill(home, video) {
  if (document.fullscreenElement) return void document.exitFullscreen()
  // Telephones of one maker let only the video itself fill the screen.
  if (home?.requestFullscreen) return void home.requestFullscreen().catch(() => {})
  return video?.webkitEnterFullscreen?.()
}

/** @param {KeyboardEvent} event @param {Tape} tape */
function press(event, tape) {
  if (event.ctrlKey || event.metaKey || event.altKey) return
  const isButton = event.target instanceof HTMLElement && event.target.closest('button, a') !== null
  /** @type {Record<string, () => void>} */
  const keys = {
    ...(isButton ? {} : { ' ': tape.toggle }),
    ArrowLeft: () => tape.step(-1),
    ArrowRight: () => tape.step(1),
    Home: () => tape.seek(0),
    End: () => tape.seek(tape.length),
    l: tape.turn,
    f: tape.fill,
    m: tape.mute,
  }
  const act = keys[event.key.length === 1 ? event.key.toLowerCase() : event.key]
  if (!act) return
  event.preventDefault()
  act()
}

/** @param {{ tape: Tape, task: any, url: string }} props */
function Buttons({ tape, task, url }) {
  const { at, length, frame, playing } = tape
  const button = (/** @type {string} */ icon, /** @type {string} */ word, /** @type {() => void} */ act, /** @type {boolean} */ pressed) =>
    html`<button type="button" class=${names(pressed && 'on')} aria-label=${word} title=${word} aria-pressed=${pressed} onClick=${act}>
      <${Icon} name=${icon} class=${icon === 'play' ? 'fill' : undefined} /></button>`
  return html`<div class="deck">
    <button type="button" aria-label=${t(playing ? 'player.pause' : 'player.play')} title=${t(playing ? 'player.pause' : 'player.play')} onClick=${tape.toggle}>
      <${Icon} name=${playing ? 'pause' : 'play'} class="fill" /></button>
    <button type="button" aria-label=${t('player.back')} title=${t('player.back')} onClick=${() => tape.step(-1)}><${Icon} name="chevron-left" /></button>
    <button type="button" aria-label=${t('player.on')} title=${t('player.on')} onClick=${() => tape.step(1)}><${Icon} name="chevron-right" /></button>
    <span class="nowrap">${clock(at)} / ${clock(length)}</span>
    <span class="end">${button('repeat', t('player.loop'), tape.turn, tape.loop)}${button(tape.muted ? 'volume-x' : 'volume-2', t('player.mute'), tape.mute, tape.muted)}
      <a class="deckb" href=${url} download=${`${task.task_id}.mp4`} aria-label=${t('player.download')} title=${t('player.download')}><${Icon} name="download" /></a>
      <button type="button" aria-label=${t('player.full')} title=${t('player.full')} onClick=${tape.fill}><${Icon} name="maximize" /></button></span></div>`
}

/** Pictures of the video, in order, under where it is. @param {{ url: string, share: number, children: any }} props */
function Strip({ url, share, children }) {
  const home = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    const ending = new AbortController()
    const canvases = [...(home.current?.querySelectorAll('canvas') ?? [])]
    draw(url, canvases, ending.signal).catch(() => {})
    return () => ending.abort()
  }, [url])
  return html`<div class="strip" ref=${home} style=${{ '--at': `${share * 100}%` }}>
    ${Array.from({ length: PICTURES }, (_, at) => html`<canvas key=${at} width=${WIDTH} height=${HEIGHT} aria-hidden="true"></canvas>`)}${children}</div>`
}

/** Draws the strip with a second, silent video, picture by picture.
 * @param {string} url @param {HTMLCanvasElement[]} canvases @param {AbortSignal} signal */
async function draw(url, canvases, signal) {
  const video = document.createElement('video')
  video.muted = true
  video.playsInline = true
  video.preload = 'auto'
  video.src = url
  signal.addEventListener('abort', () => video.removeAttribute('src'))
  try {
    await happening(video, 'loadeddata', signal)
    for (const [at, canvas] of canvases.entries()) {
      video.currentTime = ((at + 0.5) / canvases.length) * video.duration
      await happening(video, 'seeked', signal)
      cover(canvas, video)
    }
  } finally {
    video.removeAttribute('src')
    video.load()
  }
}

/** @param {HTMLVideoElement} video @param {string} event @param {AbortSignal} signal @returns {Promise<void>} */
const happening = (video, event, signal) =>
  new Promise((resolve, reject) => {
    video.addEventListener(event, () => resolve(), { once: true, signal })
    video.addEventListener('error', () => reject(new Error('the video cannot be read')), { once: true, signal })
    signal.addEventListener('abort', () => reject(new Error('not wanted any more')))
  })

/** Fills a canvas with the picture, cut where it is too wide or too high.
 * @param {HTMLCanvasElement} canvas @param {HTMLVideoElement} video */
function cover(canvas, video) {
  const { videoWidth: width, videoHeight: height } = video
  const scale = Math.max(WIDTH / width, HEIGHT / height)
  const [w, h] = [width * scale, height * scale]
  canvas.getContext('2d')?.drawImage(video, (WIDTH - w) / 2, (HEIGHT - h) / 2, w, h)
}
