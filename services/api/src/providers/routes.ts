import { z } from 'zod'
import { Id, Provider, ProviderList, ProviderQuery } from '@derm/contract'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import { getProvider, listProviders } from './queries.ts'

const tag = 'providers'

/** No event of the catalogue changes a provider, and nothing here is about a patient. */
const UNTOUCHED = {
  shows: 'nothing',
  because: 'no event changes a provider',
  audit: { notAudited: 'nothing about a patient is shown' },
} as const

export const providerRoutes: readonly Route[] = [
  defineRead(
    {
      method: 'get',
      path: '/providers',
      tag,
      summary: 'Providers, of one location or of all',
      query: ProviderQuery,
      answer: { status: 200, schema: ProviderList, description: 'A page of providers, by name.' },
      errors: ['not_found'],
    },
    { ...UNTOUCHED, load: ({ tx, caller }, { query }) => listProviders(tx, caller, query) },
  ),
  defineRead(
    {
      method: 'get',
      path: '/providers/:id',
      tag,
      summary: 'One provider',
      params: z.strictObject({ id: Id }),
      answer: { status: 200, schema: Provider, description: 'The provider.' },
      errors: ['not_found'],
    },
    { ...UNTOUCHED, load: ({ tx, caller }, { params: { id } }) => getProvider(tx, caller, id) },
  ),
]
