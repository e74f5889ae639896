import { describe, expect, it } from 'vitest'
import { AccessRow, toPrincipal } from './access-row.ts'

const id = () => crypto.randomUUID()
const row = () => ({
  user_id: id(),
  tenant_id: id(),
  version: '9007199254740991',
  active: true,
  grants: [
    { role: 'front_desk', locationId: id() },
    { role: 'owner', locationId: null },
  ],
  locations: [id()],
  ended_sessions: [id()],
})

describe('a row of user_access', () => {
  it('[SEC1] becomes the principal that the policy asks', () => {
    const given = row()
    const parsed = AccessRow.parse(given)
    expect(parsed).toMatchObject({
      version: Number.MAX_SAFE_INTEGER,
      active: true,
      endedSessions: given.ended_sessions,
    })
    expect(toPrincipal(parsed)).toEqual({
      tenantId: given.tenant_id,
      userId: given.user_id,
      grants: given.grants,
      locations: given.locations,
    })
  })

  it.each([
    ['a role that does not exist', { grants: [{ role: 'god', locationId: null }] }],
    ['a grant without a location', { grants: [{ role: 'owner' }] }],
    ['no list of ended sessions', { ended_sessions: null }],
    ['no version', { version: 'x' }],
  ])('[SEC1] with %s is not taken for less, but refused', (_name, change) => {
    expect(AccessRow.safeParse({ ...row(), ...change }).success).toBe(false)
  })
})
