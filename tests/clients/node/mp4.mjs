// Reads what an MP4 file says of itself (boxes: ISO/IEC 14496-12). No packages.

const children = (view) => {
  const found = []
  let at = 0
  while (at < view.byteLength) {
    const length = view.getUint32(at)
    if (length < 8 || at + length > view.byteLength) throw new Error(`a broken box at ${at}`)
    const kind = String.fromCharCode(...new Uint8Array(view.buffer, view.byteOffset + at + 4, 4))
    found.push({ kind, body: new DataView(view.buffer, view.byteOffset + at + 8, length - 8) })
    at += length
  }
  return found
}

const inside = (view, kind) => {
  const found = children(view).find((box) => box.kind === kind)
  if (!found) throw new Error(`there is no ${kind} box`)
  return found.body
}

/** Kinds of the outer boxes in order, size of the picture, length in seconds. */
export const readMovie = (buffer) => {
  const file = new DataView(buffer)
  const kinds = children(file).map((box) => box.kind)
  const movie = inside(file, 'moov')
  const header = inside(movie, 'mvhd')
  let table = inside(movie, 'trak')
  for (const kind of ['mdia', 'minf', 'stbl', 'stsd']) table = inside(table, kind)
  const entries = new DataView(table.buffer, table.byteOffset + 8, table.byteLength - 8)
  const entry = inside(entries, 'avc1')
  return {
    kinds,
    width: entry.getUint16(24),
    height: entry.getUint16(26),
    seconds: header.getUint32(16) / header.getUint32(12),
  }
}
