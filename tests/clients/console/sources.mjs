// Suite `console-sources`: the console's files. Arguments: the folder `console`, the gateway's
// OpenAPI document.
//
// The libraries are those of their packages; both languages say the same things; nothing is inline;
// what is loaded first is small; the types fit.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, normalize, relative } from 'node:path'
import { gzipSync } from 'node:zlib'
import { spawnSync } from 'node:child_process'
import { pathToFileURL } from 'node:url'
import { check, equal } from '../checks.mjs'
import { typesOf } from './types.mjs'
import { licences, vendored } from './vendor.mjs'

const [, , root, documented] = process.argv
const packages = join(process.cwd(), 'node_modules')

/** What a first visit may load, and what a page may add to it, compressed, in bytes. */
const FIRST_LOAD_MAX = 60_000
const PAGE_MAX = 15_000

const walk = (folder) =>
  readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name)
    return entry.isDirectory() ? walk(path) : [relative(root, path)]
  })
const files = walk(root)
const read = (name) => readFileSync(join(root, name), 'utf8')
const scripts = files.filter((name) => name.endsWith('.js') && !name.startsWith('vendor/'))

const none = (found, what) => {
  if (found.length > 0) throw new Error(`${what}: ${found.slice(0, 12).join('; ')}${found.length > 12 ? ` and ${found.length - 12} more` : ''}`)
}

await check('the libraries are those of their packages, with their licences', () => {
  for (const [name, text] of vendored(packages)) {
    if (read(`vendor/${name}`) !== text) throw new Error(`vendor/${name} is not what the package has`)
  }
  const told = read('vendor/LICENSES')
  none(licences(packages).filter((text) => !told.includes(text)).map((text) => text.slice(0, 40)), 'licences that are missing')
})

const catalogue = async (language) => {
  const texts = new Map()
  for (const name of files.filter((it) => it.startsWith(`i18n/${language}/`))) {
    const part = name.slice(`i18n/${language}/`.length, -'.js'.length)
    const module = await import(pathToFileURL(join(root, name)).href)
    for (const [key, text] of Object.entries(module.default)) texts.set(`${part}.${key}`, text)
  }
  return texts
}
const [english, chinese] = [await catalogue('en'), await catalogue('zh')]

await check('both languages have the same texts, which take the same values', () => {
  none([...english.keys()].filter((key) => !chinese.has(key)), 'missing in Chinese')
  none([...chinese.keys()].filter((key) => !english.has(key)), 'missing in English')
  const differ = [...english].filter(([key, text]) => {
    const other = chinese.get(key)
    return typeof text !== typeof other || (typeof text === 'function' && text.length !== other.length)
  })
  none(differ.map(([key]) => key), 'take other values')
})

/** Words that are the same in both languages. */
const SAME = /^[^a-z]*$|^(?:[A-Z]\w*|curl|JSON|JavaScript|Python|API|URL|MP4|CSV|IP|ID|p\d+|sk-\S*|\.env|x|[\d.:%/×· -])+(?: (?:API|ID|URL|CSV|MP4))?$/
await check('no text was left untranslated', () => {
  const same = [...english].filter(([key, text]) => typeof text === 'string' && chinese.get(key) === text && !SAME.test(text))
  none(same.map(([key, text]) => `${key} (${text})`), 'the same in both')
  const han = /\p{Script=Han}/u
  none([...english].filter(([key, text]) => han.test(String(text)) && key !== 'shell.otherLanguage').map(([key]) => key), 'Chinese in English')
})

const source = scripts.filter((name) => !name.startsWith('i18n/')).map(read).join('\n')
await check('every text is used, and every text that is used exists', () => {
  const plain = new Set([...source.matchAll(/\bt(?:Or)?\(\s*'([\w.]+)'/g)].map((it) => it[1]))
  const stems = [...source.matchAll(/`([\w]+\.(?:[\w.]*))\$\{/g)].map((it) => it[1])
  const quoted = new Set([...source.matchAll(/'([\w]+\.[\w.]+)'/g)].map((it) => it[1]))
  none([...plain].filter((key) => !english.has(key)), 'there is no text')
  const isUsed = (key) => quoted.has(key) || stems.some((stem) => key.startsWith(stem))
  none([...english.keys()].filter((key) => !isUsed(key)), 'never used')
})

await check('no template has words, styles or handlers of its own', () => {
  const found = []
  for (const name of scripts.filter((it) => /^(?:pages|ui|app)/.test(it))) {
    const text = read(name).replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, '')
    for (const [, attribute] of text.matchAll(/\s(style|on[a-z]+)="/g)) found.push(`${name}: ${attribute}=`)
    for (const [template] of text.matchAll(/html`(?:[^`\\]|\\.)*?`/g)) {
      const bare = template.replace(/\$\{(?:[^{}]|\{[^{}]*\})*\}/g, '')
      for (const [, words] of bare.matchAll(/>\s*([A-Za-z][a-z]{2,}[^<>{}$`]*?)\s*</g)) {
        if (!/^Rushes$/.test(words)) found.push(`${name}: “${words}”`)
      }
    }
  }
  none(found, 'should be in a catalogue or a style sheet')
  equal(/style=|\son[a-z]+=|<style|<script(?![^>]*src=)/.test(read('index.html')), false, 'inline in index.html')
})

await check('nothing is loaded from elsewhere', () => {
  const found = files.filter((name) => /\.(?:js|css|html)$/.test(name) && !name.startsWith('vendor/')).flatMap((name) => {
    const text = read(name).replaceAll('http://www.w3.org/', '').replaceAll("xmlns='http://www.w3.org/2000/svg'", '')
    return [...text.matchAll(/(?:src|href)=["']https?:|@import|url\(["']?https?:|import\(["']https?:|from ["']https?:/g)].map((it) => `${name}: ${it[0]}`)
  })
  none(found, 'loads')
})

// A picture's surround is black in both themes: the design's sheets of film have colours of their own.
await check('colours are the tokens', () => {
  const own = files.filter((name) => name.startsWith('styles/') && !/(?:tokens|app|pages|film|login|playground)\.css$/.test(name))
  const found = own.flatMap((name) => [...read(name).matchAll(/#[0-9a-f]{3,8}\b|\brgba?\(|\bhsla?\(/gi)].map((it) => `${name}: ${it[0]}`))
  none(found.filter((it) => !/#(?:fff|000)$/i.test(it)), 'a colour of its own')
})

/** A script with all that it imports. */
const closure = (first, known = new Set()) => {
  if (known.has(first)) return known
  known.add(first)
  for (const [, way] of read(first).matchAll(/from\s*['"](\.[^'"]+)['"]/g)) closure(normalize(join(dirname(first), way)), known)
  return known
}
const weight = (names) => [...names].reduce((sum, name) => sum + gzipSync(read(name), { level: 9 }).length, 0)

const first = closure('app.js')
await check('the first visit is small', () => {
  const styles = [...read('index.html').matchAll(/styles\/\w+\.css/g)].map((found) => found[0])
  const page = closure('pages/overview.js')
  const names = new Set([...first, ...page, ...styles, 'index.html', 'i18n/zh/shell.js', 'i18n/zh/errors.js', 'i18n/zh/overview.js'])
  const bytes = weight(names)
  console.log(`the first visit is ${bytes} bytes compressed`)
  if (bytes > FIRST_LOAD_MAX) throw new Error(`${bytes} bytes, at most ${FIRST_LOAD_MAX}`)
})

await check('a page is small', () => {
  const heavy = files.filter((name) => /^pages\/[^/]+\.js$/.test(name)).map((name) => {
    const own = [...closure(name)].filter((it) => !first.has(it) && !/^ui\//.test(it))
    return [name, weight(own)]
  })
  none(heavy.filter(([, bytes]) => bytes > PAGE_MAX).map(([name, bytes]) => `${name} ${bytes}`), `more than ${PAGE_MAX} bytes`)
})

await check('functions are short and files too', () => {
  none(scripts.filter((name) => !/^i18n|icons(-more)?\.js$/.test(name) && read(name).split('\n').length > 500).map((it) => it), 'more than 500 lines')
})

/** A script whose mistakes have to be found, or the types would say nothing. */
const MISTAKES = `import { get, post } from './core/api.js'
const id = String(Math.random())
get(\`/api/tasks/\${id}\`).then((it) => it.task.task_idd)
get('/api/tazks')
post('/api/tasks/counts')
`
const tsc = (project) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(packages, 'typescript/bin/tsc'), '-p', project], { encoding: 'utf8' })
  return { status, lines: (stdout + stderr).trim().split('\n') }
}

await check('the types fit, those of the API out of its document', () => {
  const api = join(process.cwd(), 'console.api.d.ts')
  writeFileSync(api, typesOf(JSON.parse(readFileSync(documented, 'utf8'))))
  const options = {
    checkJs: true, allowJs: true, noEmit: true, strict: true, target: 'es2024', module: 'esnext', moduleResolution: 'bundler',
    lib: ['es2024', 'dom', 'dom.iterable', 'esnext'], types: [],
    paths: {
      'rushes-api': [api],
      preact: [join(packages, 'preact/src/index.d.ts')],
      'preact/hooks': [join(packages, 'preact/hooks/src/index.d.ts')],
      htm: [join(packages, 'htm/dist/htm.d.ts')],
      '@preact/signals-core': [join(packages, '@preact/signals-core/dist/signals-core.d.ts')],
      '@preact/signals': [join(packages, '@preact/signals/dist/signals.d.ts')],
    },
  }
  const typed = (name, include) => {
    const project = join(process.cwd(), `console.${name}.json`)
    writeFileSync(project, JSON.stringify({ compilerOptions: options, include, exclude: [`${root}/vendor/*.js`] }))
    return tsc(project)
  }
  const { status, lines } = typed('whole', [`${root}/**/*.js`])
  if (status !== 0) throw new Error(lines.slice(0, 8).join(' | '))
  const mistaken = join(process.cwd(), 'console.mistakes.js')
  writeFileSync(mistaken, MISTAKES.replace('./core', `${root}/core`))
  const found = typed('mistakes', [mistaken]).lines.filter((line) => /mistakes\.js\((?:3|4|5),/.test(line))
  equal(found.length, 3, `mistakes that were found: ${found.join(' | ')}`)
})
