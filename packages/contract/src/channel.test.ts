import { describe, expect, it } from 'vitest'
import { channelOfTenant, locationChannel, parseChannel, tenantChannel, userChannel } from './channel.ts'
import type { LocationId, TenantId, UserId } from './ids.ts'

const tenant = '11111111-1111-4111-8111-111111111111' as TenantId
const location = '22222222-2222-4222-8222-222222222222' as LocationId
const user = '33333333-3333-4333-8333-333333333333' as UserId

describe('[CHN1] a channel’s name', () => {
  it('comes back from parsing as it was made', () => {
    for (const name of [
      locationChannel(tenant, location, 'scheduling'),
      tenantChannel(tenant, 'patients'),
      userChannel(tenant, user, 'inbox'),
    ]) {
      const parsed = parseChannel(name)
      expect(parsed?.name).toBe(name)
      expect(channelOfTenant(tenant, parsed!.key)).toBe(name)
    }
  })

  it.each([
    ['another scope than the topic’s', `${tenant}/t/scheduling`],
    ['a user’s scope for a location’s topic', `${tenant}/u:${user}/scheduling`],
    ['a topic that does not exist', `${tenant}/t/everything`],
    ['no tenant', `/t/patients`],
    ['a tenant that is no id', `*/t/patients`],
    ['a location that is a pattern', `${tenant}/l:*/scheduling`],
    ['something behind', `${tenant}/t/patients/x`],
    ['line breaks', `${tenant}/t/patients\n`],
    ['nothing', ''],
    ['a prototype’s name', `${tenant}/t/constructor`],
  ])('is refused with %s', (_, name) => {
    expect(parseChannel(name)).toBeNull()
  })
})
