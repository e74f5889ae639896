import { z } from 'zod'
import { Id, Location, LocationList, Page } from '@derm/contract'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import { getLocation, listLocations } from './queries.ts'

const tag = 'locations'

/** No event of the catalogue changes a location, and nothing here is about a patient. */
const UNTOUCHED = {
  shows: 'nothing',
  because: 'no event changes a location',
  audit: { notAudited: 'nothing about a patient is shown' },
} as const

export const locationRoutes: readonly Route[] = [
  defineRead(
    {
      method: 'get',
      path: '/locations',
      tag,
      summary: 'The locations that you work in, with their rooms',
      query: Page,
      answer: { status: 200, schema: LocationList, description: 'A page of locations, by name.' },
    },
    { ...UNTOUCHED, load: ({ tx, caller }, { query }) => listLocations(tx, caller, query) },
  ),
  defineRead(
    {
      method: 'get',
      path: '/locations/:id',
      tag,
      summary: 'One location',
      params: z.strictObject({ id: Id }),
      answer: { status: 200, schema: Location, description: 'The location.' },
      errors: ['not_found'],
    },
    { ...UNTOUCHED, load: ({ tx, caller }, { params: { id } }) => getLocation(tx, caller, id) },
  ),
]
