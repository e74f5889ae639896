import { z } from 'zod'
import {
  Id,
  OfferRequest,
  WaitlistAdd,
  WaitlistEntry,
  WaitlistList,
  WaitlistQuery,
  grantedChannels,
  locationChannel,
} from '@derm/contract'
import { requireLocation } from '../access/location-scope.ts'
import { defineChange } from '../http/change-route.ts'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import { addToWaitlist, offerSlot } from './commands.ts'
import { getWaitlistEntry, listWaitlist, locateWaitlistEntry } from './queries.ts'

const tag = 'waitlist'
const params = z.strictObject({ id: Id })

const list = defineRead(
  {
    method: 'get',
    path: '/waitlist',
    tag,
    summary: 'The waitlist of a location, who waits longest first',
    query: WaitlistQuery,
    answer: { status: 200, schema: WaitlistList, description: 'A page of waitlist entries.' },
    errors: ['forbidden', 'not_found'],
  },
  {
    feeds: ({ caller }, { query }) => {
      const locationId = requireLocation(caller, 'scheduling', query.locationId)
      return [locationChannel(caller.tenantId, locationId, 'scheduling'), ...grantedChannels(caller, 'patients')]
    },
    loadShared: (tx, { query }) => listWaitlist(tx, query),
    audit: ({ items }, { query: { locationId } }) => ({
      action: 'waitlist.list',
      subjectType: 'waitlist_entry',
      locationId,
      details: { count: items.length },
    }),
  },
)

const get = defineRead(
  {
    method: 'get',
    path: '/waitlist/:id',
    tag,
    summary: 'One waitlist entry',
    params,
    answer: { status: 200, schema: WaitlistEntry, description: 'The waitlist entry.' },
    errors: ['forbidden', 'not_found'],
  },
  {
    feeds: async ({ tx, caller }, { params: { id } }) => {
      const locationId = await locateWaitlistEntry(tx, caller, id)
      return [locationChannel(caller.tenantId, locationId, 'scheduling'), ...grantedChannels(caller, 'patients')]
    },
    loadShared: (tx, { params: { id } }) => getWaitlistEntry(tx, id),
    versionOf: ({ version }) => version,
    audit: ({ id, locationId }) => ({
      action: 'waitlist.read',
      subjectType: 'waitlist_entry',
      subjectId: id,
      locationId,
    }),
  },
)

const add = defineChange(
  {
    method: 'post',
    path: '/waitlist',
    tag,
    summary: 'Put a patient on the waitlist',
    body: WaitlistAdd,
    answer: { status: 201, schema: WaitlistEntry, description: 'The new waitlist entry.' },
    errors: ['forbidden', 'not_found'],
  },
  async (change, { body }) => {
    const entry = await addToWaitlist(change, body)
    return { body: entry, version: entry.version, location: `/api/v1/waitlist/${entry.id}` }
  },
)

const offer = defineChange(
  {
    method: 'post',
    path: '/waitlist/:id/offer',
    tag,
    summary: 'Offer a slot, or another one instead',
    params,
    body: OfferRequest,
    isConditional: true,
    answer: { status: 200, schema: WaitlistEntry, description: 'The waitlist entry, after the change.' },
    errors: ['forbidden', 'not_found', 'conflict', 'invalid_transition'],
  },
  async (change, { params: { id }, version, body }) => {
    const entry = await offerSlot(change, id, version, body)
    return { body: entry, version: entry.version }
  },
)

export const waitlistRoutes: readonly Route[] = [list, get, add, offer]
