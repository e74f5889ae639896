import { describe, expect, it } from 'vitest'
import { clientNetwork, createAddressList, networkOf, parseAddress } from './client-network.ts'

describe('[SES27] an address', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7'],
    ['203.0.113.7:51234', '203.0.113.7'],
    ['::ffff:203.0.113.7', '203.0.113.7'],
    ['0:0:0:0:0:FFFF:CB00:7107', '203.0.113.7'],
    ['[::ffff:203.0.113.7]:443', '203.0.113.7'],
    ['2001:DB8::1', '2001:db8:0:0:0:0:0:1'],
    ['[2001:db8:0:0::1]:51234', '2001:db8:0:0:0:0:0:1'],
    ['fe80::1%eth0', 'fe80:0:0:0:0:0:0:1'],
    ['  ::1 ', '0:0:0:0:0:0:0:1'],
  ])('%s has one form', (text, address) => {
    expect(parseAddress(text)).toBe(address)
  })

  it.each([
    '',
    'localhost',
    '1.2.3',
    '203.0.113.999',
    '0x7f.1',
    '2130706433',
    '::ffff:',
    'unknown',
    '1.2.3.4, 5.6.7.8',
  ])('%s is none', (text) => {
    expect(parseAddress(text)).toBeNull()
    expect(networkOf(text)).toBe('unknown')
  })

  it('of IPv6 counts by its /64', () => {
    expect(networkOf('2001:db8:1:2:3:4:5:6')).toBe(networkOf('2001:db8:1:2:ffff::9'))
    expect(networkOf('2001:db8:1:2::1')).not.toBe(networkOf('2001:db8:1:3::1'))
  })
})

describe('[SES27] the network of a request', () => {
  const isTrusted = createAddressList(['loopback', '10.0.0.0/8', '2001:db8::/32'])
  const of = (remoteAddress: string, forwarded?: string | string[]) =>
    clientNetwork(
      { socket: { remoteAddress } as never, headers: forwarded ? { 'x-forwarded-for': forwarded } : {} },
      isTrusted,
    )

  it('is the peer’s, whatever a peer that is no proxy of ours says', () => {
    expect(of('203.0.113.7', '198.51.100.1')).toBe('203.0.113.7')
    expect(of('::ffff:203.0.113.7')).toBe('203.0.113.7')
  })

  it('is what the last trusted proxy has written, not what the client wrote before it', () => {
    expect(of('127.0.0.1', '1.1.1.1, 198.51.100.9')).toBe('198.51.100.9')
    expect(of('::ffff:10.1.2.3', '1.1.1.1, 198.51.100.9, 10.9.9.9')).toBe('198.51.100.9')
    expect(of('2001:db8::5', '2001:db9:1:2::7')).toBe('2001:db9:1:2::/64')
    expect(of('127.0.0.1', ['1.1.1.1', '198.51.100.9:4711'])).toBe('198.51.100.9')
  })

  it('is the proxy’s own without the header, and one for all that is no address', () => {
    expect(of('127.0.0.1')).toBe('127.0.0.1')
    expect(of('127.0.0.1', 'a')).toBe('unknown')
    expect(of('127.0.0.1', 'a, b')).toBe('unknown')
  })
})
