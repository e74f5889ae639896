import { describe, expect, it } from 'vitest'
import { createAddressList } from './address-list.ts'
import { parseAddress, readClientAddress, toAuditAddress } from './client-address.ts'

describe('[SEC30] an address is parsed, so that one network has one name', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    [' 203.0.113.7 ', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['::FFFF:CB00:7107', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['0:0:0:0:0:ffff:203.0.113.7', '203.0.113.7'],
    ['64:ff9b::203.0.113.7', '203.0.113.7'],
    ['2002:cb00:7107::1', '203.0.113.7'],
    ['::ffff:0:203.0.113.7', '203.0.113.7'],
    ['2001:0:4136:e378:8000:63bf:34ff:8ef8', '203.0.113.7'],
    ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['[2001:DB8:1:2::9]:443', '2001:db8:1:2::/64'],
    ['2001:0db8:0001:0002::ffff', '2001:db8:1:2::/64'],
    ['fe80::1%eth0', 'fe80::/64'],
  ])('%s is of %s', (text, network) => {
    expect(parseAddress(text)?.network).toBe(network)
  })

  it.each([
    '',
    'unknown',
    '203.0.113',
    '1',
    '0x7f.1',
    '203.0.113.7.',
    '203.0.113.7:x',
    '[203.0.113.7',
    '2001:db8::1::2',
    undefined,
  ])('%s is none', (text) => {
    expect(parseAddress(text)).toBeNull()
  })

  it('has a neighbourhood: a /24, or a /48', () => {
    expect(parseAddress('203.0.113.7')?.neighbourhood).toBe('203.0.113.0/24')
    expect(parseAddress('2001:db8:1:2::9')?.neighbourhood).toBe('2001:db8:1::/48')
  })

  it('[SEC37] is kept in the audit log as the setting says', () => {
    const address = parseAddress('203.0.113.7')!
    expect([
      toAuditAddress(address, 'full'),
      toAuditAddress(address, 'network'),
      toAuditAddress(address, 'none'),
    ]).toEqual(['203.0.113.7', '203.0.113.0/24', null])
  })
})

describe('[SEC30] [SES27] only trusted proxies say where a request comes from', () => {
  const isTrusted = createAddressList(['loopback', '10.0.0.0/8'])
  const read = (remoteAddress: string, forwarded?: string | string[]) =>
    readClientAddress(
      { headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded }, socket: { remoteAddress } as never },
      isTrusted,
    ).text

  it.each([
    ['198.51.100.9', '203.0.113.7', '198.51.100.9'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['::ffff:127.0.0.1', '203.0.113.7', '203.0.113.7'],
    ['127.0.0.1', '1.1.1.1, 203.0.113.7', '203.0.113.7'],
    ['127.0.0.1', '1.1.1.1, 203.0.113.7, 10.1.2.3', '203.0.113.7'],
    ['127.0.0.1', '1.1.1.1, 203.0.113.7:80, 10.1.2.3:5555', '203.0.113.7'],
    ['127.0.0.1', 'nonsense', '127.0.0.1'],
    ['127.0.0.1', '203.0.113.7, nonsense', '127.0.0.1'],
    ['127.0.0.1', ',,203.0.113.7', '203.0.113.7'],
    ['127.0.0.1', ['1.1.1.1', '203.0.113.7:4711'], '203.0.113.7'],
    ['::ffff:10.1.2.3', '1.1.1.1, 2001:db9::7', '2001:db9::7'],
    // Whoever has such an address is no proxy of ours, though an IPv4 address is in it.
    ['127.0.0.1', '203.0.113.7, 64:ff9b::10.1.2.3', '64:ff9b::a01:203'],
    ['127.0.0.1', '203.0.113.7, 2002:a01:203::1', '2002:a01:203::1'],
  ])('%s with %s is %s', (remote, forwarded, expected) => {
    expect(read(remote, forwarded)).toBe(expected)
  })

  it('which are addresses, ranges and names of ranges, mapped ones as IPv4', () => {
    const isOurs = createAddressList(['loopback', '::ffff:10.0.0.0/104', '2001:db8::/32', '198.51.100.4'])
    const addresses = ['::1', '127.9.9.9', '10.9.9.9', '::ffff:10.1.1.1', '2001:db8:9::1', '198.51.100.4']
    expect(addresses.filter((address) => !isOurs(address))).toEqual([])
    expect(['11.0.0.1', '198.51.100.5', '2001:db9::1', 'unknown', ''].filter(isOurs)).toEqual([])
    expect(() => createAddressList(['somewhere'])).toThrow()
  })
})
