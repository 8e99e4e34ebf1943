// The console's libraries, as they stand in `console/vendor`: copied out of `node_modules`.
//
//   node vendor.mjs node_modules ../../../console/vendor
//
// Only the imports of one another are rewritten: a browser has no names of packages without an
// import map, which would have to stand inline. VERSIONS says what is there, with its SHA-256.

import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

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

/** Name and text of each file, made from the packages of a folder. */
export const vendored = (from) => {
  const lines = ['# file  package@version  licence  SHA-256']
  const files = FILES.map(([name, pack, path]) => {
    const { version, license } = JSON.parse(readFileSync(join(from, pack, 'package.json'), 'utf8'))
    const text = readFileSync(join(from, pack, path), 'utf8')
      .replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n')
      .replace(/from\s*"([^"./][^"]*)"/g, (_, what) => `from"${IMPORTS.get(what) ?? fail(what)}"`)
    const hash = createHash('sha256').update(text).digest('hex')
    lines.push(`${name}  ${pack}@${version}  ${license}  ${hash}`)
    return [name, text]
  })
  return new Map([...files, ['VERSIONS', `${lines.join('\n')}\n`]])
}

/** The licence of each package. */
export const licences = (from) =>
  [...new Set(FILES.map(([, pack]) => pack))].map((pack) => readFileSync(join(from, pack, 'LICENSE'), 'utf8').trim())

const fail = (what) => {
  throw new Error(`nothing stands for the package ${what}`)
}

const [, program, from, to] = process.argv
if (program.endsWith('vendor.mjs')) {
  for (const [name, text] of vendored(from)) writeFileSync(join(to, name), text)
  console.log('copied; see that LICENSES names the licences of new packages')
}
