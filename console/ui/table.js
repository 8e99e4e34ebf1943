// Lists as tables; on a narrow screen a row folds into labels over values.

import { html, names } from '../core/html.js'
import { t } from '../core/i18n.js'
import { Button } from './button.js'

/**
 * @typedef {object} Column
 * @property {string} id
 * @property {any} label
 * @property {(row: any) => any} cell
 * @property {boolean} [number] Whether it stands at the right.
 * @property {boolean} [lead] Whether it stands alone over the others when folded.
 * @property {boolean} [hidden] Whether its label is only for who does not see.
 * @property {string} [class]
 */

/**
 * @param {{ caption: string, columns: readonly Column[], rows: readonly any[], id: (row: any) => string | number,
 *   class?: string, rowClass?: (row: any) => string | undefined, foot?: any }} props
 */
export function Table({ caption, columns, rows, id, class: more, rowClass, foot }) {
  return html`<div class="scroll" tabindex="0" role="group" aria-label=${caption}><table class=${names('tbl fold', more)}>
    <caption class="sr">${caption}</caption>
    <thead><tr>${columns.map((it) => html`<th key=${it.id} scope="col" class=${names(it.number && 'num')}>
      ${it.hidden ? html`<span class="sr">${it.label}</span>` : it.label}</th>`)}</tr></thead>
    <tbody>${rows.map((row) => html`<tr key=${id(row)} class=${rowClass?.(row)} data-id=${id(row)}>
      ${columns.map((it) => html`<td key=${it.id} data-l=${it.lead || it.hidden ? undefined : it.label}
        class=${names(it.number && 'num', it.lead && 'lead', it.class)}>${it.cell(row)}</td>`)}</tr>`)}</tbody>
    ${foot && html`<tfoot>${foot}</tfoot>`}</table></div>`
}

/** Under a list: what is shown, and the way to more.
 * @param {{ children?: any, hasMore: boolean, loading?: boolean, onMore: () => void }} props */
export function Foot({ children, hasMore, loading, onMore }) {
  return html`<div class="foot"><span>${children}</span>
    ${hasMore && html`<${Button} small busy=${loading} icon="chevron-down" onClick=${onMore}>${t('shell.more')}<//>`}</div>`
}

/** The head of a page. @param {{ title: any, text?: any, children?: any }} props */
export function Head({ title, text, children }) {
  return html`<div class="head"><div><h1 tabindex="-1">${title}</h1>${text && html`<p>${text}</p>`}</div>
    ${children && html`<div class="row wrap">${children}</div>`}</div>`
}

/** A card with a head. @param {{ title?: any, text?: any, end?: any, children?: any, class?: string, padded?: boolean }} props */
export function Card({ title, text, end, children, class: more, padded }) {
  return html`<section class=${names('card', more)}>${(title || end) && html`<div class="ch">${title && html`<h2>${title}</h2>`}
    ${text && html`<p>${text}</p>`}${end && html`<span class="end">${end}</span>`}</div>`}
    ${padded ? html`<div class="cb stack">${children}</div>` : children}</section>`
}
