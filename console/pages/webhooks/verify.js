// How a receiver checks that a call is from this gateway.

import { html } from '../../core/html.js'
import { t } from '../../core/i18n.js'
import { Code } from '../../ui/code.js'
import { Card } from '../../ui/table.js'

const NODE = `import { createHmac, timingSafeEqual } from 'node:crypto'

const secret = process.env.RUSHES_WEBHOOK_SECRET // whsec_…

// body: the Buffer as it came, before it is parsed
export function verify(headers, body) {
  const id = headers['webhook-id'], at = headers['webhook-timestamp']
  if (!(Math.abs(Date.now() / 1000 - Number(at)) <= 300)) return false
  const key = Buffer.from(secret.slice('whsec_'.length), 'base64')
  const expected = createHmac('sha256', key).update(\`\${id}.\${at}.\`).update(body).digest()
  return (headers['webhook-signature'] ?? '').split(' ').some((part) => {
    const given = Buffer.from(part.replace(/^v1,/, ''), 'base64')
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}`

const PYTHON = `import base64, hashlib, hmac, os, time

secret = os.environ["RUSHES_WEBHOOK_SECRET"]  # whsec_…

# body: the bytes as they came, before they are parsed
def verify(headers, body: bytes) -> bool:
    ident, at = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not at.isdecimal() or abs(time.time() - float(at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    mac = hmac.digest(key, f"{ident}.{at}.".encode() + body, "sha256")
    expected = b"v1," + base64.b64encode(mac)
    signatures = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(part, expected) for part in signatures)`

const LIBRARY = `// npm install standardwebhooks
import { Webhook } from 'standardwebhooks'

const event = new Webhook(process.env.RUSHES_WEBHOOK_SECRET).verify(body, headers)`

export function Verify() {
  return html`<${Card} title=${t('webhooks.verify')} padded><p class="dim">${t('webhooks.verifyText')}</p>
    <${Code} label=${t('webhooks.verify')} samples=${[
      { id: 'node', label: 'Node.js', text: NODE },
      { id: 'python', label: 'Python', text: PYTHON },
      { id: 'library', label: 'standardwebhooks', text: LIBRARY },
    ]} /><//>`
}
