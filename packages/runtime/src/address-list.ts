import { BlockList, isIP } from 'node:net'
import { parseAddress } from './client-address.ts'

/** Names for ranges, as Express' `trust proxy` has them. */
const NAMED_RANGES: Readonly<Record<string, readonly string[]>> = {
  loopback: ['127.0.0.0/8', '::1/128'],
  linklocal: ['169.254.0.0/16', 'fe80::/10'],
  uniquelocal: ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7'],
}

/** Tells whether an address is one of these: addresses, ranges (`10.0.0.0/8`), or the names of ranges. */
export function createAddressList(ranges: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of ranges.flatMap((one) => NAMED_RANGES[one] ?? [one])) {
    const [net = '', bits] = range.split('/')
    const address = parseAddress(net)?.text
    if (address === undefined) throw new Error('not an address or a range')
    const family = isIP(address) === 4 ? 'ipv4' : 'ipv6'
    // A range of mapped addresses is one of IPv4.
    const offset = family === 'ipv4' && isIP(net) === 6 ? 96 : 0
    if (bits === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(bits) - offset, family)
  }
  return (text) => {
    const address = parseAddress(text)?.text
    return address !== undefined && list.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6')
  }
}
