import { createHash } from 'node:crypto'

/** The same UUID (version 5 in form) for the same name, on every machine and in every size of the seed. */
export function stableId(name: string): string {
  const hex = createHash('sha1').update(`dermlive/${name}`).digest('hex')
  const variant = ((parseInt(hex[16] ?? '0', 16) & 0x3) | 0x8).toString(16)
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`
}
