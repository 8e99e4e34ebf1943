// Charts: our own SVG, with a title, a text summary, and the numbers as a table behind a button.

import { html, names, useId } from '../core/html.js'
import { t } from '../core/i18n.js'
import { useEffect, useRef, useState } from '../vendor/hooks.js'
import { Button } from './button.js'

/** Until it is known how much room there is, and the least of it. */
const WIDTH = 640
const WIDTH_MIN = 280
/** Room for a word below, so that none runs into the next. */
const WORD = 76
const HEIGHT = 200
const LEFT = 52
const BOTTOM = 24
const TOP = 8

/** How wide the drawing is, in its own units: as many as there are pixels, so that words keep their size. */
function useWidth() {
  const [width, setWidth] = useState(WIDTH)
  const frame = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    const element = frame.current
    if (!element) return undefined
    const watcher = new ResizeObserver(() => element.clientWidth > 0 && setWidth(Math.max(WIDTH_MIN, element.clientWidth)))
    watcher.observe(element)
    return () => watcher.disconnect()
  }, [])
  return { width, frame }
}

/** A round number over the highest, and the steps up to it. @param {number} highest */
export function scale(highest) {
  if (!(highest > 0)) return { most: 1, steps: [0, 1] }
  const size = 10 ** Math.floor(Math.log10(highest))
  const step = [0.2, 0.25, 0.5, 1, 2, 2.5].map((it) => it * size).find((it) => highest / it <= 4) ?? size
  const count = Math.ceil(highest / step)
  return { most: count * step, steps: Array.from({ length: count + 1 }, (_, at) => at * step) }
}

/**
 * @typedef {{ label: string, full?: string, values: readonly (number | null)[] }} Bin
 * @typedef {{ label: string, colour?: 1 | 2 | 3 | 'b', dashed?: boolean }} Series
 * @typedef {{ title: string, summary: string, bins: readonly Bin[], series: readonly Series[], say: (value: number) => string,
 *   onPick?: (index: number) => void }} ChartProps
 */

/** Bars, stacked where there are several series. @param {ChartProps} props */
export function Bars(props) {
  const { width, frame } = useWidth()
  const sums = props.bins.map((bin) => bin.values.reduce((/** @type {number} */ sum, it) => sum + (it ?? 0), 0))
  const { most, steps } = scale(Math.max(0, ...sums))
  const room = (width - LEFT) / Math.max(1, props.bins.length)
  const draw = props.bins.map((bin, at) => {
    let top = HEIGHT - BOTTOM
    return html`<g key=${at} class=${props.onPick ? 'pick' : undefined} onClick=${() => props.onPick?.(at)}>
      <title>${tip(bin, props)}</title><rect class="hit" x=${LEFT + at * room} y=${TOP} width=${room} height=${HEIGHT - BOTTOM - TOP} />
      ${bin.values.map((value, number) => {
        const height = ((value ?? 0) / most) * (HEIGHT - BOTTOM - TOP)
        top -= height
        return height > 0 && html`<rect key=${number} class=${`f${props.series[number]?.colour ?? number + 1}`} x=${LEFT + at * room + room * 0.14} y=${top}
          width=${room * 0.72} height=${height} rx=${Math.min(2, room / 8)} />`
      })}</g>`
  })
  return html`<${Frame} ...${props} steps=${steps} most=${most} room=${room} width=${width} frame=${frame}>${draw}<//>`
}

/** A line for each series; where nothing is known it breaks. @param {ChartProps} props */
export function Lines(props) {
  const { width, frame } = useWidth()
  const all = props.bins.flatMap((bin) => bin.values.filter((it) => it != null))
  const { most, steps } = scale(Math.max(0, .../** @type {number[]} */ (all)))
  const room = (width - LEFT) / Math.max(1, props.bins.length)
  const draw = props.series.map((it, number) => {
    let pen = 'M'
    const path = props.bins.map((bin, at) => {
      const value = bin.values[number]
      if (value == null) {
        pen = 'M'
        return ''
      }
      const point = `${pen}${LEFT + (at + 0.5) * room} ${HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP)}`
      pen = 'L'
      return point
    })
    return html`<path key=${number} class=${names('ln', `l${it.colour ?? number + 1}`, it.dashed && 'dash')} d=${path.join('')} />`
  })
  const dots = props.bins.map((bin, at) => html`<g key=${at}><title>${tip(bin, props)}</title>
    <rect class="hit" x=${LEFT + at * room} y=${TOP} width=${room} height=${HEIGHT - BOTTOM - TOP} />
    ${bin.values.map((value, number) => value != null && html`<circle key=${number} class=${`f${props.series[number]?.colour ?? number + 1}`} r="2.5"
      cx=${LEFT + (at + 0.5) * room} cy=${HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP)} />`)}</g>`)
  return html`<${Frame} ...${props} steps=${steps} most=${most} room=${room} width=${width} frame=${frame}>${draw}${dots}<//>`
}

/** @param {Bin} bin @param {ChartProps} props */
function tip(bin, props) {
  const parts = props.series.map((it, at) => `${it.label} ${bin.values[at] == null ? '—' : props.say(bin.values[at] ?? 0)}`)
  return `${bin.full ?? bin.label}: ${parts.join(', ')}`
}

/** The grid, the words, the key and the table. @param {ChartProps & { steps: number[], most: number, room: number, width: number, frame: any,
 *   children?: any }} props */
function Frame({ title, summary, bins, series, say, steps, most, room, width, frame, children }) {
  const [isTable, setTable] = useState(false)
  const id = useId('chart')
  const every = Math.max(1, Math.ceil(bins.length / Math.max(2, Math.floor(width / WORD))))
  const y = (/** @type {number} */ value) => HEIGHT - BOTTOM - (value / most) * (HEIGHT - BOTTOM - TOP)
  const button = html`<${Button} small kind="quiet" icon=${isTable ? 'chart-column' : 'list-filter'} onClick=${() => setTable(!isTable)}>
    ${isTable ? t('shell.asChart') : t('shell.asTable')}<//>`
  const head = html`<div class="row wrap">${series.length > 1 && html`<div class="key">${series.map((it, at) => html`<span key=${at}
    class=${`k${it.colour ?? at + 1}`}>${it.label}</span>`)}</div>`}<span class="grow"></span>${button}</div>`
  if (isTable) {
    return html`<div class="stack tight" ref=${frame}>${head}<div class="scroll" tabindex="0" role="group" aria-label=${title}><table class="tbl"><caption class="sr">${title}</caption>
      <thead><tr><th scope="col">${t('shell.time')}</th>${series.map((it, at) => html`<th key=${at} scope="col" class="num">${it.label}</th>`)}</tr></thead>
      <tbody>${bins.map((bin, at) => html`<tr key=${at}><td>${bin.full ?? bin.label}</td>${bin.values.map((value, number) => html`<td key=${number} class="num mono">
        ${value == null ? '—' : say(value)}</td>`)}</tr>`)}</tbody></table></div></div>`
  }
  return html`<figure class="stack tight" ref=${frame}>${head}<div class="scroll" tabindex="0" role="group" aria-label=${title}>
    <svg class="plot" viewBox=${`0 0 ${width} ${HEIGHT}`} role="img" aria-labelledby=${id}>
    <title id=${id}>${title}. ${summary}</title>
    ${steps.map((it) => html`<g key=${it}><path class=${it === 0 ? 'axis' : 'grid'} d=${`M${LEFT} ${y(it)}H${width}`} />
      <text x=${LEFT - 6} y=${y(it) + 4} text-anchor="end">${say(it)}</text></g>`)}
    ${bins.map((bin, at) => at % every === 0 && html`<text key=${`x${at}`} x=${LEFT + (at + 0.5) * room} y=${HEIGHT - 6} text-anchor="middle">${bin.label}</text>`)}
    ${children}</svg></div><figcaption class="small dim">${summary}</figcaption></figure>`
}

/** How a channel did, in slots of five minutes. @param {{ slots: readonly { good: number, bad: number }[], label: string }} props */
export function Health({ slots, label }) {
  return html`<svg class="bars" viewBox="0 0 120 22" role="img" aria-label=${label}>${slots.map((it, at) => {
    const style = it.good + it.bad === 0 ? 'z' : it.bad === 0 ? undefined : it.good === 0 ? 'x' : 'm'
    const height = it.good + it.bad === 0 ? 6 : 20
    return html`<rect key=${at} class=${style} x=${at * 5} y=${21 - height} width="3.6" height=${height} rx=".8"><title>${it.good} / ${it.good + it.bad}</title></rect>`
  })}</svg>`
}
