// A request as code: what the examples of the console copy. Never with a key: that stands in
// RUSHES_API_KEY, as it does for our own command line. A picture that came as a file is read from a file
// again, `picture-1.png`, so that what was copied runs.

import { PUBLIC_URL } from '../core/place.js'

/** @typedef {Record<string, unknown>} Body of `POST /v1/video/generations` */

/** How a picture that came as a file stands in a body, and as text of JSON. */
const FILE = /^data:image\/(\w+);base64,…$/
const FILE_TEXT = /"data:image\/(\w+);base64,…"/g

/** Puts something in the place of each such picture in a text of JSON.
 * @param {string} text @param {(type: string, name: string) => string} by */
function pictures(text, by) {
  let count = 0
  return text.replace(FILE_TEXT, (_, type) => by(type, `picture-${count += 1}.${type}`))
}

/** A form, which takes files as they are. @param {Body} body */
function form(body) {
  let count = 0
  const part = (/** @type {string} */ name, /** @type {unknown} */ value) => {
    const type = FILE.exec(String(value))?.[1]
    if (type) return `-F '${name}=@picture-${count += 1}.${type}'`
    return `--form-string '${`${name}=${value}`.replaceAll("'", "'\\''")}'`
  }
  const parts = Object.entries(body).flatMap(([name, value]) => [value].flat().map((it) => part(name, it)))
  return `curl ${PUBLIC_URL}/v1/video/generations \\
  -H "Authorization: Bearer $RUSHES_API_KEY" \\
  ${parts.join(' \\\n  ')}`
}

/** The text of a JSON value for a line between single quotes of a shell. @param {Body} body */
const quoted = (body) => `'${JSON.stringify(body, null, 2).replaceAll("'", "'\\''")}'`

/** @param {Body} body */
const curl = (body) => JSON.stringify(body).search(FILE_TEXT) >= 0 ? form(body) : `curl ${PUBLIC_URL}/v1/video/generations \\
  -H "Authorization: Bearer $RUSHES_API_KEY" \\
  -H 'Content-Type: application/json' \\
  -d ${quoted(body)}`

/** @param {Body} body */
const script = (body) => `${JSON.stringify(body).search(FILE_TEXT) < 0 ? '' : `import { readFileSync } from 'node:fs'

const picture = (type, name) => \`data:image/\${type};base64,\${readFileSync(name).toString('base64')}\`
`}const base = '${PUBLIC_URL}/v1/video/generations'
const headers = { Authorization: \`Bearer \${process.env.RUSHES_API_KEY}\`, 'Content-Type': 'application/json' }
const call = async (...request) => {
  const answer = await (await fetch(...request)).json()
  if (answer.error && !answer.data) throw new Error(answer.error.message)
  return answer
}

const { task_id } = await call(base, { method: 'POST', headers, body: JSON.stringify(${pictures(indented(JSON.stringify(body, null, 2)), (type, name) => `picture('${type}', '${name}')`)}) })

let task
do {
  task = (await call(\`\${base}/\${task_id}\`, { headers: { ...headers, Prefer: 'wait=30' } })).data
  console.log(task.status, task.progress)
} while (task.status !== 'SUCCESS' && task.status !== 'FAILURE')
console.log(task.result_url || task.fail_reason)`

/** @param {string} text */
const indented = (text) => text.replaceAll('\n', '\n  ').replace(/\n {2}\}$/, '\n}')

/** A JSON value in Python's words. @param {unknown} value @param {string} [margin] @returns {string} */
function python(value, margin = '') {
  const inner = `${margin}    `
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value !== 'object') return JSON.stringify(value)
  const isList = Array.isArray(value)
  const parts = isList ? value.map((it) => python(it, inner)) : Object.entries(/** @type {object} */ (value)).map(([name, it]) => `${JSON.stringify(name)}: ${python(it, inner)}`)
  const [open, close] = isList ? '[]' : '{}'
  return parts.length === 0 ? open + close : `${open}\n${parts.map((it) => inner + it).join(',\n')},\n${margin}${close}`
}

/** @param {Body} body */
const snake = (body) => `import ${JSON.stringify(body).search(FILE_TEXT) < 0 ? '' : 'base64, '}json, os, urllib.request

BASE = "${PUBLIC_URL}/v1/video/generations"

def call(url, body=None, **headers):
    headers |= {"Authorization": "Bearer " + os.environ["RUSHES_API_KEY"], "Content-Type": "application/json"}
    data = json.dumps(body).encode() if body else None
    with urllib.request.urlopen(urllib.request.Request(url, data, headers)) as answer:
        return json.load(answer)

${JSON.stringify(body).search(FILE_TEXT) < 0 ? '' : `def picture(type, name):
    return f"data:image/{type};base64," + base64.b64encode(open(name, "rb").read()).decode()

`}task_id = call(BASE, ${pictures(python(body), (type, name) => `picture("${type}", "${name}")`)})["task_id"]
while True:
    task = call(f"{BASE}/{task_id}", Prefer="wait=30")["data"]
    print(task["status"], task["progress"])
    if task["status"] in ("SUCCESS", "FAILURE"):
        break
print(task["result_url"] or task["fail_reason"])`

/** A request in the forms in which it can be copied: for \`Code\`, or one by one.
 * @param {Body} body @returns {{ id: 'curl' | 'javascript' | 'python' | 'json', label: string, text: string, kind: 'shell' | 'script' | 'json' }[]} */
export const samplesOf = (body) => [
  { id: 'curl', label: 'curl', text: curl(body), kind: 'shell' },
  { id: 'javascript', label: 'JavaScript', text: script(body), kind: 'script' },
  { id: 'python', label: 'Python', text: snake(body), kind: 'script' },
  { id: 'json', label: 'JSON', text: JSON.stringify(body, null, 2), kind: 'json' },
]
