import { describe, expect, it } from 'vitest'
import type { LocationId } from './ids.ts'
import { PERMISSIONS, mayDo, type Action, type Actor } from './permissions.ts'
import { ROLES, type Role } from './policy.ts'

const [north, south, gone] = ['n', 's', 'g'] as unknown as [LocationId, LocationId, LocationId]
const actor = (role: Role, locationId: LocationId | null = null, isLicensed = false): Actor => ({
  grants: [{ role, locationId }],
  locations: [north, south],
  isLicensed,
})

describe('[SEC9] doing is decided by role and action', () => {
  it('only where the role holds, and only where there is such a place', () => {
    expect(mayDo(actor('front_desk', north), 'schedule', north)).toBe(true)
    expect(mayDo(actor('front_desk', north), 'schedule', south)).toBe(false)
    expect(mayDo(actor('front_desk', north), 'demographics', null)).toBe(true)
    expect(mayDo(actor('owner'), 'schedule', gone)).toBe(false)
    expect(mayDo(actor('biller'), 'schedule', north)).toBe(false)
  })

  it('an owner’s role implies no licence', () => {
    for (const action of ['document', 'sign', 'decide_pathology', 'prescribe'] as const) {
      expect(mayDo(actor('owner'), action, north)).toBe(false)
      expect(mayDo(actor('owner', null, true), action, north)).toBe(true)
      expect(mayDo(actor('provider'), action, north)).toBe(true)
    }
    expect(mayDo(actor('front_desk', null, true), 'sign', north)).toBe(false)
  })

  it('a pathology coordinator handles specimens and reviews nothing', () => {
    expect(mayDo(actor('pathology_coordinator'), 'handle_specimen', north)).toBe(true)
    expect(mayDo(actor('pathology_coordinator', null, true), 'decide_pathology', north)).toBe(false)
  })

  it('administering needs the whole practice', () => {
    expect(mayDo(actor('owner', north), 'administer', null)).toBe(false)
    expect(mayDo(actor('owner'), 'administer', null)).toBe(true)
  })

  it('an auditor reads the audit log and does nothing else', () => {
    const actions = Object.keys(PERMISSIONS) as Action[]
    expect(actions.filter((action) => mayDo(actor('auditor', null, true), action, north))).toEqual(['read_audit'])
    // The log is the whole practice's, so one location is not enough.
    expect(mayDo(actor('auditor', north), 'read_audit', null)).toBe(false)
    for (const role of ROLES.filter((one) => one !== 'auditor'))
      expect(mayDo(actor(role, null, true), 'read_audit', null)).toBe(false)
  })
})
