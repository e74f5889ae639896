import { z } from 'zod'
import { EmptyRequest, GrantsUpdate, Id } from '@derm/contract'
import { defineChange } from '../http/change-route.ts'
import type { Route } from '../http/route.ts'
import { EndedSessions, UserAccess, endUserSession, endUserSessions, revokeUser, updateGrants } from './commands.ts'
import { listConnections } from './list-connections.ts'

const tag = 'admin'
const params = z.strictObject({ id: Id })
const answer = { status: 200, schema: UserAccess, description: 'The user’s access, after the change.' } as const

const ended = { status: 200, schema: EndedSessions, description: 'Whether there was something to end.' } as const

export const adminRoutes: readonly Route[] = [
  listConnections,
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
  defineChange(
    {
      method: 'post',
      path: '/admin/sessions/:id/end',
      tag,
      summary: 'End a session and its sockets, at once (owners)',
      params,
      body: EmptyRequest,
      emits: [],
      action: 'administer',
      answer: ended,
      errors: ['forbidden', 'not_found'],
    },
    async (change, { params: { id } }) => ({ body: await endUserSession(change, id) }),
  ),
  defineChange(
    {
      method: 'post',
      path: '/admin/users/:id/end-sessions',
      tag,
      summary: 'End all sessions of a user, who may sign in again (owners)',
      params,
      body: EmptyRequest,
      emits: [],
      action: 'administer',
      answer: ended,
      errors: ['forbidden', 'not_found'],
    },
    async (change, { params: { id } }) => ({ body: await endUserSessions(change, id) }),
  ),
]
