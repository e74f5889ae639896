import { z } from 'zod'
import { EmptyRequest, GrantsUpdate, Id } from '@derm/contract'
import { defineChange } from '../http/change-route.ts'
import type { Route } from '../http/route.ts'
import { UserAccess, revokeUser, updateGrants } from './commands.ts'

const tag = 'admin'
const params = z.strictObject({ id: Id })
const answer = { status: 200, schema: UserAccess, description: 'The user’s access, after the change.' } as const

export const adminRoutes: readonly Route[] = [
  defineChange(
    {
      method: 'post',
      path: '/admin/users/:id/revoke',
      tag,
      summary: 'Take back all access, at once (owners)',
      params,
      body: EmptyRequest,
      emits: [],
      action: 'administer',
      answer,
      errors: ['forbidden', 'not_found'],
    },
    async (change, { params: { id } }) => ({ body: await revokeUser(change, id) }),
  ),
  defineChange(
    {
      method: 'patch',
      path: '/admin/users/:id/grants',
      tag,
      summary: 'Replace roles, at once (owners)',
      params,
      body: GrantsUpdate,
      emits: [],
      action: 'administer',
      answer,
      errors: ['forbidden', 'not_found'],
    },
    async (change, { params: { id }, body }) => ({ body: await updateGrants(change, id, body) }),
  ),
]
