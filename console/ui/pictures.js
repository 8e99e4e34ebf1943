// Pictures for a form: dropped, pasted, chosen, or by their address; in an order that counts.
//
// Guarantees: a picture by its address is not loaded here, its host is shown instead (nothing of
// another's site is asked from the browser); every move has a way by key and by a single press.

import { toast } from '../core/announce.js'
import { bytes } from '../core/format.js'
import { html, names, useId } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { Button } from './button.js'
import { FieldError, TextField } from './field.js'
import { Icon } from './icon.js'

/** A picture: an address, or all of it as a data URL. @typedef {{ id: number, url: string, name: string, bytes: number | null }} Picture */

let count = 0

/** @param {string} url @param {string} name @param {number | null} [bytes] @returns {Picture} */
export function picture(url, name, bytes = null) {
  count += 1
  return { id: count, url, name, bytes }
}

/** Whether it is an address. @param {{ url: string }} it */
export const isLink = (it) => !it.url.startsWith('data:')

/** What the gateway takes, and up to what size of one picture, in bytes. */
const TYPES = ['image/png', 'image/jpeg', 'image/webp', 'image/gif']
const BYTES_MAX = 20_000_000

/** A blob as a data URL. @param {Blob} blob @returns {Promise<string>} */
export const dataUrl = (blob) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(String(reader.result))
    reader.onerror = () => reject(reader.error)
    reader.readAsDataURL(blob)
  })

/** The files that can be used, as pictures; of the others it is said why not.
 * @param {Iterable<File>} files @returns {Promise<Picture[]>} */
async function read(files) {
  const pictures = []
  for (const file of files) {
    const why = !TYPES.includes(file.type) ? t('pictures.imageType', file.name) : file.size > BYTES_MAX ? t('pictures.imageSize', file.name, bytes(file.size)) : null
    if (why) toast(why, { tone: 'bad' })
    else pictures.push(picture(await dataUrl(file), file.name || t('pictures.pasted'), file.size))
  }
  return pictures
}

/** @param {DataTransfer | null} data */
const filesOf = (data) => [...(data?.files ?? [])]

/** An address, if a text is one. @param {string} text */
const linkOf = (text) => (/^https?:\/\/\S+$/.test(text.trim()) ? text.trim() : null)

/** @param {string} url */
function hostOf(url) {
  try {
    return new URL(url).host
  } catch {
    return url
  }
}

/**
 * @param {{ pictures: readonly Picture[], max: number, optional: boolean, error?: string | null, note?: any,
 *   onChange: (change: (pictures: Picture[]) => Picture[]) => void }} props
 */
export function Pictures({ pictures, max, optional, error, note, onChange }) {
  const [over, setOver] = useState(false)
  const [asking, setAsking] = useState(false)
  const chooser = useRef(/** @type {HTMLInputElement | null} */ (null))
  const told = useId('pictures')
  const add = (/** @type {Picture[]} */ more) => more.length > 0 && onChange((was) => [...was, ...more])
  useAnywhere((files) => read(files).then(add))
  const drop = async (/** @type {DragEvent} */ event) => {
    setOver(false)
    if (event.dataTransfer?.types.includes(MOVED)) return
    event.preventDefault()
    const link = linkOf(event.dataTransfer?.getData('text/uri-list') ?? '')
    const found = await read(filesOf(event.dataTransfer))
    add(found.length > 0 || !link ? found : [picture(link, link)])
  }
  const hover = (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    setOver(true)
  }
  const chosen = async (/** @type {any} */ event) => {
    const files = [...event.target.files]
    event.target.value = ''
    add(await read(files))
  }
  return html`<fieldset class="field" aria-describedby=${error ? told : undefined}><legend class="lab"><span>${t('pictures.images')}</span>
      <span class="opt">${t(optional ? 'pictures.imagesOptional' : 'pictures.imagesNeeded', max)}</span></legend>
    <div class=${names('drop', over && 'over')} onDragOver=${hover} onDragLeave=${() => setOver(false)} onDrop=${drop}>
      <input class="sr" type="file" ref=${chooser} accept=${TYPES.join(',')} multiple tabindex="-1" aria-hidden="true" onChange=${chosen} />
      <div class="thumbs"><${Thumbs} pictures=${pictures} max=${max} onChange=${onChange} />
        <button class="btn thumbadd" type="button" aria-label=${t('pictures.addImage')} title=${t('pictures.addImage')} aria-invalid=${error ? 'true' : undefined}
          onClick=${() => chooser.current?.click()}><${Icon} name="image-plus" size="l" /></button>
        <div class="say"><span>${t('pictures.drop')}</span><button class="linkish" type="button" aria-expanded=${asking} onClick=${() => setAsking(!asking)}>${t('pictures.byAddress')}</button></div></div>
      ${asking && html`<${Address} onAdd=${(/** @type {string} */ link) => { add([picture(link, link)]); setAsking(false) }} />`}</div>
    ${note}${error && html`<${FieldError} id=${told} text=${error} />`}</fieldset>`
}

/** Pictures that are pasted or dropped anywhere on the page: beside the form the browser would leave it
 * and show the file. @param {(files: File[]) => void} take */
function useAnywhere(take) {
  const latest = useRef(take)
  latest.current = take
  useEffect(() => {
    const paste = (/** @type {ClipboardEvent} */ event) => {
      const files = filesOf(event.clipboardData).filter((it) => it.type.startsWith('image/'))
      // Some programs put a picture of a text beside it: into a field goes the text.
      const isText = event.target instanceof HTMLElement && event.target.matches('textarea, input') && event.clipboardData?.types.includes('text/plain')
      if (files.length === 0 || isText) return
      event.preventDefault()
      latest.current(files)
    }
    const over = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes('Files') && event.preventDefault()
    const drop = (/** @type {DragEvent} */ event) => {
      const files = filesOf(event.dataTransfer)
      if (event.defaultPrevented || files.length === 0) return
      event.preventDefault()
      latest.current(files)
    }
    document.addEventListener('paste', paste)
    document.addEventListener('dragover', over)
    document.addEventListener('drop', drop)
    return () => {
      document.removeEventListener('paste', paste)
      document.removeEventListener('dragover', over)
      document.removeEventListener('drop', drop)
    }
  }, [])
}

/** @param {{ onAdd: (link: string) => void }} props */
function Address({ onAdd }) {
  const [text, setText] = useState('')
  const [wrong, setWrong] = useState(false)
  const act = () => {
    const link = linkOf(text)
    if (link) onAdd(link)
    else setWrong(true)
  }
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Enter' || event.metaKey || event.ctrlKey) return
    event.preventDefault()
    act()
  }
  return html`<div class="row start"><${TextField} class="grow" label=${t('pictures.address')} mono autofocus inputmode="url" autocomplete="off" spellcheck=${false}
      placeholder="https://" value=${text} onInput=${setText} onKeyDown=${key} hint=${t('pictures.addressHint')}
      error=${wrong ? t('pictures.addressWrong') : null} /><${Button} class="addurl" onClick=${act}>${t('pictures.add')}<//></div>`
}

/** What a thumbnail that is moved by the pointer says that it is. */
const MOVED = 'application/x-rushes-image'

/** @param {{ pictures: readonly Picture[], max: number, onChange: (change: (pictures: Picture[]) => Picture[]) => void }} props */
function Thumbs({ pictures, max, onChange }) {
  const home = useRef(/** @type {HTMLElement | null} */ (null))
  const move = (/** @type {number} */ from, /** @type {number} */ to) => {
    if (to < 0 || to >= pictures.length || from === to) return
    onChange((was) => was.toSpliced(from, 1).toSpliced(to, 0, was[from]))
    requestAnimationFrame(() => focusOn(home.current, to))
  }
  const drop = (/** @type {number} */ at) => {
    onChange((was) => was.toSpliced(at, 1))
    requestAnimationFrame(() => focusOn(home.current, Math.min(at, pictures.length - 2)))
  }
  const key = (/** @type {KeyboardEvent} */ event, /** @type {number} */ at) => {
    const by = event.altKey ? { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -1, ArrowDown: 1 }[event.key] : undefined
    if (by) move(at, at + by)
    else if (event.key === 'Delete') drop(at)
    else return
    event.preventDefault()
  }
  const thumb = (/** @type {Picture} */ it, /** @type {number} */ at) => html`<li key=${it.id} class=${names('thumb', isLink(it) && 'link', at >= max && 'off')} tabindex="0"
      draggable="true" title=${it.name} aria-keyshortcuts="Alt+ArrowLeft Alt+ArrowRight Delete"
      aria-label=${t(at >= max ? 'pictures.imageUnused' : 'pictures.imageAt', at + 1, isLink(it) ? hostOf(it.url) : it.name)}
      onKeyDown=${(/** @type {KeyboardEvent} */ event) => key(event, at)} onDragStart=${(/** @type {DragEvent} */ event) => event.dataTransfer?.setData(MOVED, String(at))}
      onDragOver=${(/** @type {DragEvent} */ event) => event.preventDefault()} onDrop=${(/** @type {DragEvent} */ event) => take(event, (from) => move(from, at))}>
    ${isLink(it) ? html`<span class="pict"><${Icon} name="link" /><span class="clip">${hostOf(it.url)}</span></span>` : html`<img src=${it.url} alt="" />`}
    <span class="no" aria-hidden="true">${at + 1}</span>
    <button type="button" aria-label=${t('pictures.removeImage', at + 1)} onClick=${() => drop(at)}><${Icon} name="x" size="s" /></button>
    ${at > 0 && html`<button class="earlier" type="button" aria-label=${t('pictures.earlier', at + 1)} title=${t('pictures.earlier', at + 1)}
      onClick=${() => move(at, at - 1)}><${Icon} name="chevron-left" size="s" /></button>`}</li>`
  return html`<ul class="thumbs" ref=${home} aria-label=${t('pictures.images')}>${pictures.map(thumb)}</ul>`
}

/** @param {DragEvent} event @param {(from: number) => void} act */
function take(event, act) {
  const from = event.dataTransfer?.getData(MOVED)
  if (!from) return
  event.preventDefault()
  act(Number(from))
}

/** @param {HTMLElement | null} home @param {number} at */
function focusOn(home, at) {
  const it = home?.children[at]
  if (it instanceof HTMLElement) it.focus()
}
