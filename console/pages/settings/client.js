// What a browser calls itself, in short.

const BROWSERS = /** @type {const} */ ([
  ['Edge', /\bEdg(?:A|iOS)?\/(\d+)/], ['Opera', /\bOPR\/(\d+)/], ['Firefox', /\b(?:Firefox|FxiOS)\/(\d+)/],
  ['Chrome', /\b(?:Headless)?(?:Chrome|CriOS)\/(\d+)/], ['Safari', /\bVersion\/(\d+)\S* .*Safari\//], ['curl', /^curl\/([\d.]+)/],
])

const SYSTEMS = /** @type {const} */ ([
  ['iPhone', /\biPhone\b/], ['iPad', /\biPad\b/], ['Android', /\bAndroid\b/], ['Windows', /\bWindows NT\b/], ['macOS', /\bMacintosh\b/], ['Linux', /\bLinux\b/],
])

/** "Firefox 140 · Linux"; what is not known stays as it is. @param {string} client */
export function clientName(client) {
  for (const [name, pattern] of BROWSERS) {
    const found = pattern.exec(client)
    if (!found) continue
    const system = SYSTEMS.find(([, it]) => it.test(client))?.[0]
    return [`${name} ${found[1]}`, system].filter(Boolean).join(' · ')
  }
  return client.slice(0, 60)
}
