import { isIP } from 'node:net'

/** What Express knows by name. */
const NAMES = new Set(['loopback', 'linklocal', 'uniquelocal'])

/**
 * A trusted proxy: a name, an address, or a range `10.1.0.0/16`. The forms that some parsers read besides (`0`, `0x0/0`, a netmask, a number
 * of hops) are none: what they mean is not what they look like.
 */
export function isProxy(text: string): boolean {
  if (NAMES.has(text)) return true
  const [address = '', prefix, ...more] = text.split('/')
  const version = isIP(address)
  if (version === 0 || more.length > 0) return false
  return prefix === undefined || (/^\d{1,3}$/.test(prefix) && Number(prefix) <= (version === 4 ? 32 : 128))
}

/** The widest range that can be somebody's own network: 10.0.0.0/8, and the /32 that a provider has in IPv6, or a unique local prefix. */
const WIDEST = { 4: 8, 6: 32 } as const

/** Whether the range holds addresses of strangers for certain: whoever is in it writes what `X-Forwarded-For` says. */
export function isTooWide(proxy: string): boolean {
  if (NAMES.has(proxy)) return false
  const [address = '', prefix] = proxy.split('/')
  if (prefix === undefined) return false
  const version = isIP(address)
  const bits = Number(prefix)
  if (version === 4) return bits < WIDEST[4] || isEveryone(address, bits)
  const canonical = new URL(`http://[${address}]`).hostname.slice(1, -1)
  // An IPv4 address that is written as an IPv6 one is the IPv4 address.
  if (canonical.startsWith('::ffff:')) return bits < 96 + WIDEST[4]
  return bits < (/^f[cd]/.test(canonical) ? 7 : WIDEST[6])
}

/** A private range may be trusted whole; of public addresses, nobody has more than a /16 in front of one service. */
function isEveryone(address: string, bits: number): boolean {
  const [a = 0, b = 0] = address.split('.').map(Number)
  const isPrivate = a === 10 || a === 127 || (a === 172 && b >= 16 && b < 32) || (a === 192 && b === 168)
  const isShared = a === 100 && b >= 64 && b < 128
  return !isPrivate && !isShared && bits < 16
}
