// Copies the console's libraries out of `node_modules` into `console/vendor`, with their licences:
//   npm install preact@11.2.0 htm@3.1.1 @preact/signals@2.11.4 @preact/signals-core@1.14.5
//   node vendor.mjs node_modules ../../../console/vendor
// Only the imports of one another are rewritten: a browser has no names of packages without an
// import map, which would have to stand inline. VERSIONS says what is there, with its SHA-256.

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const [from, to] = process.argv.slice(2)

/** File, package, file in the package. */
const FILES = [
  ['preact.js', 'preact', 'dist/preact.mjs'],
  ['hooks.js', 'preact', 'hooks/dist/hooks.mjs'],
  ['htm.js', 'htm', 'dist/htm.mjs'],
  ['signals-core.js', '@preact/signals-core', 'dist/signals-core.mjs'],
  ['signals.js', '@preact/signals', 'dist/signals.mjs'],
]

/** What stands in `from "…"`, and the file that it means. */
const IMPORTS = new Map([
  ['preact', './preact.js'],
  ['preact/hooks', './hooks.js'],
  ['@preact/signals-core', './signals-core.js'],
])

const lines = ['# file  package@version  licence  SHA-256']
const licences = new Map()
for (const [name, pack, path] of FILES) {
  const { version, license } = JSON.parse(readFileSync(join(from, pack, 'package.json'), 'utf8'))
  const text = readFileSync(join(from, pack, path), 'utf8')
    .replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n')
    .replace(/from\s*"([^"./][^"]*)"/g, (_, what) => `from"${IMPORTS.get(what) ?? fail(what)}"`)
  writeFileSync(join(to, name), text)
  const hash = createHash('sha256').update(text).digest('hex')
  lines.push(`${name}  ${pack}@${version}  ${license}  ${hash}`)
  licences.set(pack, readFileSync(join(from, pack, 'LICENSE'), 'utf8').trim())
}
writeFileSync(join(to, 'VERSIONS'), `${lines.join('\n')}\n`)
const parts = [...licences].map(([pack, text]) => `## ${pack}\n\n${text}\n`)
writeFileSync(join(to, 'LICENSES'), parts.join('\n'))

/** @param {string} what */
function fail(what) {
  throw new Error(`nothing stands for the package ${what}`)
}
