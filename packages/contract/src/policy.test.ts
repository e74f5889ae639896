import { describe, expect, it } from 'vitest'
import { TOPICS, parseChannel, tenantChannel, userChannel, locationChannel, type Topic } from './channel.ts'
import type { LocationId, TenantId, UserId } from './ids.ts'
import { POLICY, ROLES, grantedChannels, locationsFor, maySee, type Grant, type Principal } from './policy.ts'

const id = (digit: number) => `${String(digit).repeat(8)}-0000-4000-8000-000000000000`
const tenantId = id(1) as TenantId
const other = id(2) as TenantId
const userId = id(3) as UserId
const [north, south, gone] = [id(4), id(5), id(6)] as [LocationId, LocationId, LocationId]
const principal = (...grants: Grant[]): Principal => ({ tenantId, userId, grants, locations: [north, south] })
const sees = (who: Principal, channel: string) => maySee(who, parseChannel(channel)!)

describe('[SEC1] a channel is granted by the policy table alone', () => {
  it('never crosses the tenant, whatever the role', () => {
    for (const role of ROLES)
      for (const topic of TOPICS)
        for (const channel of [
          locationChannel(other, north, topic),
          tenantChannel(other, topic),
          userChannel(other, userId, topic),
        ]) {
          const parsed = parseChannel(channel)
          if (parsed) expect(maySee(principal({ role, locationId: null }), parsed)).toBe(false)
        }
  })

  it('keeps a role to its location', () => {
    const who = principal({ role: 'front_desk', locationId: north })
    expect(sees(who, locationChannel(tenantId, north, 'scheduling'))).toBe(true)
    expect(sees(who, locationChannel(tenantId, south, 'scheduling'))).toBe(false)
    expect(grantedChannels(who, 'scheduling', '*')).toEqual([locationChannel(tenantId, north, 'scheduling')])
    expect(grantedChannels(who, 'scheduling', south)).toEqual([])
  })

  it('lets a grant for all locations cover those that exist, and no other', () => {
    const who = principal({ role: 'provider', locationId: null })
    expect(locationsFor(who, 'clinical')).toEqual([north, south])
    expect(sees(who, locationChannel(tenantId, gone, 'clinical'))).toBe(false)
  })

  it('ignores a grant in a location that is not the tenant’s', () => {
    const who = principal({ role: 'owner', locationId: gone })
    for (const topic of TOPICS) expect(grantedChannels(who, topic)).toEqual([])
  })

  it('shows nobody another user’s channel, the owner neither', () => {
    expect(sees(principal({ role: 'owner', locationId: null }), userChannel(tenantId, id(7) as UserId, 'alerts'))).toBe(
      false,
    )
  })

  it('shows each of the narrow topics to the roles that the design names, and to no other', () => {
    const seers = (topic: Topic) => ROLES.filter((role) => (POLICY[role] as readonly Topic[]).includes(topic))
    expect(seers('accounts')).toEqual(['owner', 'front_desk', 'biller'])
    expect(seers('safety')).toEqual(['owner', 'provider', 'medical_assistant'])
    expect(seers('billing')).toEqual(['owner', 'biller'])
    expect(seers('authorizations')).toEqual(['owner', 'provider', 'medical_assistant', 'front_desk', 'biller'])
    expect(seers('tasks')).toEqual(ROLES.filter((role) => role !== 'auditor'))
  })

  it('keeps clinical, pathology and safety from front desk and billers, all from auditors', () => {
    for (const role of ['front_desk', 'biller'] as const)
      for (const topic of ['clinical', 'pathology', 'safety'] as const) expect(POLICY[role]).not.toContain(topic)
    expect(POLICY.auditor).toEqual([])
    for (const topic of TOPICS)
      expect(grantedChannels(principal({ role: 'auditor', locationId: null }), topic)).toEqual([])
  })

  it('does not add a role’s topics to another role’s locations', () => {
    const who = principal({ role: 'front_desk', locationId: north }, { role: 'provider', locationId: south })
    expect(sees(who, locationChannel(tenantId, north, 'clinical'))).toBe(false)
    expect(sees(who, locationChannel(tenantId, south, 'clinical'))).toBe(true)
  })
})
