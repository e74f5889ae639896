import { describe, expect, it } from 'vitest'
import { parseSecretList } from '@derm/runtime'
import { createDeviceTokens, DEVICE_SECONDS } from './device-token.ts'

let now = 1_700_000_000_000
const tokens = createDeviceTokens(parseSecretList('a secret that is long enough for tests'), () => now)
const people = Array.from({ length: 12 }, () => crypto.randomUUID())
const usersOf = (text: string) => tokens.read(text).map(({ userId }) => userId)

describe('[SEC41] the accounts that a browser is known to', () => {
  it('are kept beside each other, the newest first, and no more than ten', () => {
    let cookie = ''
    for (const user of people) cookie = tokens.issue(user, tokens.read(cookie))
    expect(usersOf(cookie)).toEqual(people.slice(2).toReversed())
    expect(cookie.length).toBeLessThan(1_200)
    expect(encodeURIComponent(cookie)).toBe(cookie)
  })

  it('keep their counters, however often they sign in, and stand there once each', () => {
    const [a, b] = people as [string, string]
    const first = tokens.issue(b, tokens.read(tokens.issue(a, [])))
    const again = tokens.issue(a, tokens.read(first))
    expect(usersOf(again)).toEqual([a, b])
    const nonceOf = (text: string, user: string) => tokens.read(text).find(({ userId }) => userId === user)?.nonce
    for (const user of [a, b]) expect(nonceOf(again, user)).toBe(nonceOf(first, user))
    expect(usersOf(`${again}~${first}~${again}`)).toEqual([a, b])
  })

  it('end each by itself, and what is none of ours takes none of the others with it', () => {
    const [a, b, c] = people as [string, string, string]
    const early = tokens.issue(a, [])
    now += DEVICE_SECONDS * 500
    const late = tokens.issue(b, tokens.read(early))
    now += DEVICE_SECONDS * 501
    expect(usersOf(late)).toEqual([b])
    const renamed = late.replace(b, c)
    expect(usersOf(`x~${renamed}~${tokens.issue(c, [])}~`)).toEqual([c])
    expect(usersOf('~'.repeat(5_000))).toEqual([])
  })
})
