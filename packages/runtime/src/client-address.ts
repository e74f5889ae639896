import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import ipaddr from 'ipaddr.js'

/**
 * Where a request comes from. `text`: the address in its one canonical form, a mapped address as the IPv4 address that it holds. `network`: what one
 * subscriber holds, so what a limit counts: an IPv4 address, or an IPv6 /64; an IPv4 address that is written inside an IPv6 one in another way, as of
 * NAT64, is that IPv4 address here. `neighbourhood`: what one site can get, an IPv4 /24 or an IPv6 /48.
 */
export type ClientAddress = { text: string; network: string; neighbourhood: string }

/** An address with or without a port, brackets or a zone; `null` for a text that is none. */
export function parseAddress(text: string | undefined): ClientAddress | null {
  const bare = toBareAddress((text ?? '').trim())
  const version = isIP(bare)
  if (version === 0) return null
  // A url writes an IPv6 address in hexadecimal groups alone, which is the form that the parser knows.
  const parsed = ipaddr.process(version === 6 ? new URL(`http://[${bare}]`).hostname.slice(1, -1) : bare)
  const holder = unwrap(parsed)
  const [network, neighbourhood] =
    holder.kind() === 'ipv4' ? [holder.toString(), toPrefix(holder, 24)] : [toPrefix(holder, 64), toPrefix(holder, 48)]
  return { text: parsed.toString(), network, neighbourhood }
}

/** `203.0.113.7:443`, `[2001:db8::1]:443` and `fe80::1%eth0` without what is no part of the address. */
function toBareAddress(text: string): string {
  const bracketed = /^\[([^\]]*)\](?::\d{1,5})?$/.exec(text)?.[1]
  const withPort = /^([\d.]+):\d{1,5}$/.exec(text)?.[1]
  return (bracketed ?? withPort ?? text).replace(/%.*$/, '')
}

type Parsed = ipaddr.IPv4 | ipaddr.IPv6

/** The IPv4 address inside a translated (NAT64), 6to4 or Teredo address: one subscriber can write it in all of these forms. */
function unwrap(parsed: Parsed): Parsed {
  if (parsed.kind() === 'ipv4') return parsed
  const bytes = parsed.toByteArray()
  const range = parsed.range()
  if (range === 'rfc6145' || range === 'rfc6052') return ipaddr.fromByteArray(bytes.slice(12))
  if (range === '6to4') return ipaddr.fromByteArray(bytes.slice(2, 6))
  if (range === 'teredo') return ipaddr.fromByteArray(bytes.slice(12).map((byte) => byte ^ 0xff))
  return parsed
}

function toPrefix(parsed: Parsed, bits: number): string {
  const bytes = parsed.toByteArray().map((byte, index) => (index < bits / 8 ? byte : 0))
  return `${ipaddr.fromByteArray(bytes).toString()}/${bits}`
}

const UNKNOWN: ClientAddress = { text: 'unknown', network: 'unknown', neighbourhood: 'unknown' }

/**
 * The nearest address that is not one of our own proxies'. Each proxy appends to `X-Forwarded-For` whom it was called by, so the header is
 * read from its end, and no further than the first address that is not trusted: what stands before it, anybody may have written.
 * An entry that is no address ends the walk at the proxy that wrote it.
 */
export function readClientAddress(
  { headers, socket }: Pick<IncomingMessage, 'headers' | 'socket'>,
  isTrusted: (address: string) => boolean,
): ClientAddress {
  const forwarded = [headers['x-forwarded-for'] ?? []].flat().join(',').split(',').reverse()
  let client = parseAddress(socket.remoteAddress)
  for (const entry of forwarded) {
    if (!client || !isTrusted(client.text)) break
    const next = parseAddress(entry)
    if (!next) break
    client = next
  }
  return client ?? UNKNOWN
}

/** What the audit log keeps of an address: all of it, its neighbourhood, or nothing. */
export type AuditAddresses = 'full' | 'network' | 'none'

export function toAuditAddress({ text, neighbourhood }: ClientAddress, kept: AuditAddresses): string | null {
  return kept === 'none' ? null : kept === 'full' ? text : neighbourhood
}
