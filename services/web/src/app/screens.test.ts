import { RESOURCE_NAMES, ROLES, SUBJECTS, type Resource, type Role, type User } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import { SCREENS, WITHOUT_SCREEN } from './screens.ts'
import { screenAt, screensFor } from './screens-for.ts'

const userWith = (...roles: Role[]): User => ({
  id: 'u',
  tenantId: 't',
  tenantName: 'Lakeside',
  displayName: 'Ann',
  email: 'a@x.example',
  isLicensed: false,
  grants: roles.map((role) => ({ role, locationId: null })),
})
const pathsFor = (...roles: Role[]) => screensFor(userWith(...roles)).map(({ path }) => path)

it('a role’s screens, and where it starts', () => {
  expect(Object.fromEntries(ROLES.map((role) => [role, pathsFor(role)]))).toEqual({
    owner: ['/schedule', '/patients', '/connections'],
    provider: ['/schedule', '/patients'],
    medical_assistant: ['/schedule', '/patients'],
    front_desk: ['/schedule', '/patients'],
    biller: ['/schedule', '/patients'],
    pathology_coordinator: ['/patients'],
    auditor: [],
  })
})

it('who has two roles has the screens of both, each once', () => {
  expect(pathsFor('auditor', 'front_desk', 'biller')).toEqual(pathsFor('front_desk'))
})

it('a path belongs to the screen above it, and not to one whose name it only begins with', () => {
  expect(screenAt('/schedule')?.path).toBe('/schedule')
  expect(screenAt('/patients/some-id')?.path).toBe('/patients')
  expect(screenAt('/schedules')).toBeUndefined()
  expect(screenAt('/')).toBeUndefined()
})

it('no two screens share a path or a label', () => {
  for (const key of ['path', 'label'] as const)
    expect(new Set(SCREENS.map((screen) => screen[key])).size).toBe(SCREENS.length)
})

describe('[SCR1] every resource has a screen that shows it', () => {
  it('or a reason why none does', () => {
    const shown = SCREENS.flatMap(({ shows }) => shows)
    const isLeftOut = (name: Resource) => WITHOUT_SCREEN[name] === undefined
    expect(RESOURCE_NAMES.filter((name) => !shown.includes(name) && isLeftOut(name))).toEqual([])
    expect(shown.filter((name) => WITHOUT_SCREEN[name] !== undefined)).toEqual([])
  })

  it('and each shows something of the topic that opens it', () => {
    for (const { path, opens, shows } of SCREENS)
      if ('topic' in opens) expect([path, shows.some((name) => topicOf(name) === opens.topic)]).toEqual([path, true])
  })
})

const topicOf = (resource: Resource) => Object.values(SUBJECTS).find((subject) => subject.resource === resource)?.topic
