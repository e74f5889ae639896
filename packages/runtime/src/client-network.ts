import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

/** Names for ranges, as Express' `trust proxy` has them. */
const NAMED_RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/**
 * An address in its one form; `null` for what is none. A port and brackets are cut off, as some proxies write them, and a mapped address
 * is the IPv4 address that it holds.
 */
export function parseAddress(text: string): string | null {
  const trimmed = text.trim()
  const bare = /^\[([^\]]+)\](?::\d+)?$/.exec(trimmed)?.[1] ?? /^([\d.]+):\d+$/.exec(trimmed)?.[1] ?? trimmed
  const address = bare.split('%')[0]!
  if (isIP(address) === 4) return address
  if (isIP(address) === 0) return null
  const groups = expandGroups(address)
  const isMapped = groups.slice(0, 5).every((group) => group === 0) && groups[5] === 0xffff
  if (!isMapped) return groups.map((group) => group.toString(16)).join(':')
  return [groups[6]! >> 8, groups[6]! & 255, groups[7]! >> 8, groups[7]! & 255].join('.')
}

/** What one customer of a provider has: an IPv4 address, or the /64 of an IPv6 address. `unknown` for what is no address. */
export function networkOf(text: string | undefined): string {
  const address = text === undefined ? null : parseAddress(text)
  if (address === null) return 'unknown'
  return isIP(address) === 4 ? address : `${address.split(':').slice(0, 4).join(':')}::/64`
}

/** Tells whether an address is one of these: addresses, ranges (`10.0.0.0/8`), or the names of ranges. */
export function createAddressList(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges.flatMap((one) => NAMED_RANGES[one] ?? [one])) {
    const [net = '', bits] = range.split('/')
    const address = parseAddress(net)
    if (address === null) throw new Error('not an address or a range')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits), family)
  }
  return (text) => {
    const address = parseAddress(text)
    return address !== null && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
}

/**
 * The network from which a request comes. `X-Forwarded-For` is read from its end, each entry only as far as a trusted proxy has written
 * it: what a client writes there itself is nothing to go by.
 */
export function clientNetwork(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  isTrusted: (address: string) => boolean,
): string {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',')
  const hops = forwarded === '' ? [] : forwarded.split(',').slice(-20)
  let address = socket.remoteAddress ?? ''
  while (hops.length > 0 && isTrusted(address)) address = hops.pop()!
  return networkOf(address)
}

/** The eight groups of an IPv6 address that is valid. */
function expandGroups(address: string): number[] {
  const withHex = address.replace(/(\d+)\.(\d+)\.(\d+)\.(\d+)$/, (_, a: string, b: string, c: string, d: string) =>
    [(Number(a) << 8) | Number(b), (Number(c) << 8) | Number(d)].map((group) => group.toString(16)).join(':'),
  )
  const [head = '', tail] = withHex.split('::')
  const parse = (part: string) => (part === '' ? [] : part.split(':').map((group) => Number.parseInt(group, 16)))
  const [before, after] = [parse(head), parse(tail ?? '')]
  return tail === undefined ? before : [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}
