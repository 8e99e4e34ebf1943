// What a change changes: each field as it was and as it is.

import { exact, full, number } from '../core/format.js'
import { html } from '../core/html.js'
import { t } from '../core/i18n.js'
import { Table } from './table.js'

/** @typedef {{ field: string, was: unknown, is: unknown }} Difference `undefined` is not there. */

/** @param {unknown} value @returns {value is Record<string, unknown>} */
const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value)

/** An amount of money as the API says it. @param {unknown} value @returns {value is import('../core/format.js').Amount} */
const isAmount = (value) => isObject(value) && typeof value.amount === 'string' && typeof value.ticks === 'string'

/** The fields in which two values of the API differ; what is in objects has a path with dots.
 * @param {unknown} before @param {unknown} after @param {string} [path] @returns {Difference[]} */
export function differences(before, after, path = '') {
  const isLeaf = (/** @type {unknown} */ value) => !isObject(value) || isAmount(value)
  if (isLeaf(before ?? {}) || isLeaf(after ?? {})) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field: path, was: before, is: after }]
  }
  const [was, is] = [before, after].map((value) => /** @type {Record<string, unknown>} */ (value ?? {}))
  const fields = [...new Set([...Object.keys(was), ...Object.keys(is)])]
  return fields.flatMap((field) => {
    const name = path ? `${path}.${field}` : field
    // What is new or gone as a whole still is told field by field, if it has any.
    if (isObject(was[field] ?? is[field]) && !isAmount(was[field] ?? is[field])) return differences(was[field], is[field], name)
    return JSON.stringify(was[field]) === JSON.stringify(is[field]) ? [] : [{ field: name, was: was[field], is: is[field] }]
  })
}

/** A value in a line. @param {string} field @param {unknown} value @returns {string} */
export function valueText(field, value) {
  if (value === null || value === undefined) return t('shell.diffNone')
  if (isAmount(value)) return exact(value)
  if (Array.isArray(value)) return value.length > 0 ? value.map((it) => valueText(field, it)).join(', ') : t('shell.diffNone')
  if (typeof value === 'number') return /_at$/.test(field) ? full(value) : number(value, { useGrouping: false, maximumFractionDigits: 10 })
  return typeof value === 'string' ? value || '""' : JSON.stringify(value)
}

/** @param {{ caption: string, of: readonly Difference[] }} props */
export function Diff({ caption, of }) {
  return html`<${Table} caption=${caption} rows=${of} id=${(/** @type {Difference} */ row) => row.field} columns=${[
    { id: 'field', label: t('shell.diffField'), lead: true, cell: (/** @type {Difference} */ row) => html`<code>${row.field}</code>` },
    { id: 'was', label: t('shell.diffBefore'), cell: (/** @type {Difference} */ row) =>
      row.was === undefined ? html`<span class="dim3">—</span>` : html`<del class="bad">${valueText(row.field, row.was)}</del>` },
    { id: 'is', label: t('shell.diffAfter'), cell: (/** @type {Difference} */ row) =>
      row.is === undefined ? html`<span class="dim3">—</span>` : html`<ins class="good">${valueText(row.field, row.is)}</ins>` },
  ]} />`
}
