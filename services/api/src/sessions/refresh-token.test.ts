import { describe, expect, it } from 'vitest'
import { parseSecretList } from '@derm/runtime'
import { createRefreshTokens as createTokens, formatRefreshToken, parseRefreshToken } from './refresh-token.ts'

const [old, fresh] = ['the old secret of 32 characters...', 'the new secret of 32 characters...'] as const
const createRefreshTokens = (secrets: readonly string[]) => createTokens(parseSecretList(secrets.join()))

/** The secrets of all pods, step by step; of two beside each other, both are in use while a step is rolled out. */
const STEPS = [[old], [old, fresh], [fresh, old], [fresh]] as const

describe('refresh secrets', () => {
  it('[OPS7] a drill: while the secret is replaced, each pod goes on with the chains of every other', () => {
    for (let step = 0; step < STEPS.length - 1; step++) {
      const pods = [createRefreshTokens(STEPS[step]!), createRefreshTokens(STEPS[step + 1]!)]
      for (const [here, there] of [pods, pods.toReversed()]) {
        const first = here!.first()
        // Before the last step no session is left that began with the old secret: docs/operations/configuration.md.
        if (step === 2 && there!.hash(first) === '') continue
        const second = here!.next(first)
        expect(there!.next(first)).toBe(second)
        expect(there!.hash(second)).toBe(here!.hash(second))
        expect(there!.findSuccessor(first, here!.hash(here!.next(second)))).not.toBeNull()
      }
    }
  })

  it('[OPS7] new sessions begin with the first secret, and those of before keep theirs', () => {
    const before = createRefreshTokens([old]).first()
    const both = createRefreshTokens([fresh, old])
    expect(both.next(before).slice(0, 8)).toBe(before.slice(0, 8))
    expect(both.first().slice(0, 8)).not.toBe(before.slice(0, 8))
  })

  it('[OPS7] a session whose secret was taken away fits nothing any more, and is no ancestor of anything', () => {
    const held = createRefreshTokens([old])
    const secret = held.first()
    const after = createRefreshTokens([fresh])
    expect([after.hash(secret), after.next(secret)]).toEqual(['', ''])
    expect(after.findSuccessor(secret, held.hash(held.next(secret)))).toBeNull()
    expect(after.findSuccessor(secret, '')).toBeNull()
  })

  it('[OPS7] a secret with the id of another key is not one of its chain', () => {
    const both = createRefreshTokens([fresh, old])
    const secret = createRefreshTokens([old]).first()
    const renamed = both.first().slice(0, 8) + secret.slice(8)
    expect(both.next(renamed).slice(8)).not.toBe(both.next(secret).slice(8))
    expect(both.findSuccessor(renamed, both.hash(both.next(secret)))).toBeNull()
  })

  it('a cookie holds it whole, and one of another form is none', () => {
    const [tenantId, sessionId] = [crypto.randomUUID(), crypto.randomUUID()] as never[]
    const secret = createRefreshTokens([old]).first()
    const token = { tenantId: tenantId!, sessionId: sessionId!, secret }
    expect(parseRefreshToken(formatRefreshToken(token))).toEqual(token)
    for (const text of [undefined, '', 'a.b.c', `${tenantId}.${sessionId}.${secret.slice(1)}`])
      expect(parseRefreshToken(text)).toBeNull()
  })
})
