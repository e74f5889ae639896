import { describe, expect, it } from 'vitest'
import { z } from 'zod'
import { EVENT_TYPES, definitionOf } from './catalogue.ts'
import { TOPIC_SCOPE, locationChannel, tenantChannel } from './channel.ts'
import { feedsOf, topicsOf } from './feeds.ts'
import type { LocationId, TenantId, UserId } from './ids.ts'
import type { Principal } from './policy.ts'
import { RESOURCES, RESOURCE_NAMES, withEmbedding, type Resource } from './resources.ts'
import { SUBJECTS, isSubjectType, subjectOf, type SubjectType } from './subjects.ts'
import * as contract from './index.ts'
import { possibleActions, type TransitionTable } from './transitions.ts'
import { wireCode } from './wire-code.ts'

const tenantId = '11111111-0000-4000-8000-000000000000' as TenantId
const [north, south] = ['44444444-0000-4000-8000-000000000000', '55555555-0000-4000-8000-000000000000'] as [
  LocationId,
  LocationId,
]
const principal = (role: 'front_desk' | 'biller', locationId: LocationId | null): Principal => ({
  tenantId,
  userId: '33333333-0000-4000-8000-000000000000' as UserId,
  grants: [{ role, locationId }],
  locations: [north, south],
})
const tables = Object.entries(contract).filter(([name]) => name.endsWith('_TRANSITIONS')) as [string, TransitionTable][]

describe('[CAT2] what is embedded becomes stale with what it embeds', () => {
  it('directly and through others', () => {
    expect(withEmbedding(['patients'])).toEqual(expect.arrayContaining(['patients', 'appointments', 'waitlist']))
    expect(withEmbedding(['waitlist'])).toEqual(['waitlist'])
  })

  it('every event that changes a patient makes stale what shows patients', () => {
    const showing = RESOURCE_NAMES.filter((name) =>
      (RESOURCES[name].embeds as readonly Resource[]).includes('patients'),
    )
    expect(showing.length).toBeGreaterThan(1)
    for (const type of EVENT_TYPES.filter((one) => definitionOf(one).subject === 'patient')) {
      // Nothing shows a part of somebody who has just been registered.
      if (type === 'patient:created') expect(definitionOf(type).invalidates).toEqual(['patients'])
      else expect(definitionOf(type).invalidates).toEqual(expect.arrayContaining(showing))
    }
  })
})

/** Every code that any event of the catalogue may carry. */
function codesOfCatalogue(): string[] {
  const codes = new Set<string>()
  for (const type of EVENT_TYPES) {
    const { data, previous } = definitionOf(type)
    for (const schema of previous ? [data, previous] : [data])
      JSON.stringify(z.toJSONSchema(schema), (key, value: unknown) => {
        if (key === 'enum') for (const code of value as string[]) codes.add(code)
        return value
      })
  }
  return [...codes].sort()
}

it('[CAT6] the codes that may travel are the reviewed ones: what is new here must say nothing about a person’s health', () => {
  expect(codesOfCatalogue().join(' ')).toMatchInlineSnapshot(
    `"active added annual_check biopsy booked cancelled checked_in completed confirmed contact contacted cosmetic declined demographics due duplicate entered_in_error excision follow_up illness inactive merged mohs moved_away new_patient no_answer no_show not_found offered other patient_request payer_down phototherapy planned post_procedure primary procedure provider_unavailable ready_for_checkout ready_for_provider removed requested roomed scheduled secondary seen_elsewhere six_month_check skin_check telehealth tertiary three_month_check unknown unreachable updated visit_completed waiting weather with_provider wrong_contact"`,
  )
})

it('[CAT6] a clinical word is refused, and an innocent one that holds it is not', () => {
  for (const code of ['hiv_test', 'malignant', 'stage_2']) expect(() => wireCode([code]), code).toThrow(/clinical/)
  for (const code of ['archived', 'stage', 'allergy_list']) expect(() => wireCode([code]), code).not.toThrow()
})

describe('[CAT3] a subject is declared once', () => {
  it('every event is about one, and every resource belongs to one', () => {
    for (const type of EVENT_TYPES) expect(isSubjectType(definitionOf(type).subject)).toBe(true)
    const resources = Object.values(SUBJECTS).map(({ resource }) => resource)
    expect(new Set(resources)).toEqual(new Set(RESOURCE_NAMES))
    for (const type of Object.keys(SUBJECTS) as SubjectType[])
      expect(subjectOf(type).scope).toBe(TOPIC_SCOPE[SUBJECTS[type].topic])
  })
})

describe('[CAT4] the feeds of a read follow from what it shows, and where', () => {
  it('names the topic of every event that can change it', () => {
    expect(topicsOf('appointments')).toEqual(expect.arrayContaining(['scheduling', 'patients']))
    for (const type of EVENT_TYPES)
      for (const resource of definitionOf(type).invalidates)
        expect(topicsOf(resource)).toContain(definitionOf(type).topic)
  })

  it('narrows its own topic to the location, and adds what else the principal may see', () => {
    const feeds = feedsOf(principal('front_desk', null), { shows: ['appointments'], own: 'scheduling', at: north })
    expect(feeds).toContain(locationChannel(tenantId, north, 'scheduling'))
    expect(feeds).not.toContain(locationChannel(tenantId, south, 'scheduling'))
    expect(feeds).toContain(tenantChannel(tenantId, 'patients'))
    const everywhere = feedsOf(principal('front_desk', null), { shows: ['appointments'], own: 'scheduling', at: '*' })
    expect(everywhere).toContain(locationChannel(tenantId, south, 'scheduling'))
  })
})

describe('[CAT5] a transition table fits the catalogue', () => {
  it.each(tables)('%s', (_name, table) => {
    const statuses = new Set<string>()
    for (const { from, to } of Object.values(table)) {
      if (typeof from !== 'string') for (const status of from) statuses.add(status)
      if (to !== 'same') for (const status of [to].flat()) statuses.add(status)
    }
    for (const [action, row] of Object.entries(table)) {
      const definition = definitionOf(row.event)
      // An event that changes a status also carries the status before.
      if (row.from !== 'new' && row.to !== 'same')
        expect(Object.keys(definition.previous?.shape ?? {}), action).toContain('status')
      expect(row.summary, action).not.toBe('')
    }
    for (const status of statuses) expect(possibleActions(table, status, () => false)).toEqual([])
  })
})
