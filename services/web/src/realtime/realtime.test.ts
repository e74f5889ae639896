// @vitest-environment happy-dom
import { notifications, notificationsStore } from '@mantine/notifications'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { ApiError } from '../http/api-error.ts'
import { session } from '../session/browser-session.ts'
import { queryClient } from './realtime.ts'

const user = { id: 'u', tenantId: 't', tenantName: 'Lakeside', displayName: 'Ann', email: 'a@x.example', grants: [] }
const paths: string[] = []
beforeEach(async () => {
  paths.length = 0
  vi.stubGlobal('fetch', async (url: string) => {
    const path = String(url).split('/').at(-1)!
    paths.push(path)
    return path === 'logout'
      ? new Response(null, { status: 204 })
      : Response.json({ accessToken: 'one', expiresIn: 600, user })
  })
  await session.login('a@x.example', 'secret')
  queryClient.setQueryData(['locations'], ['Downtown'])
})
afterEach(() => {
  session.end(null)
  vi.unstubAllGlobals()
})
const refuse = (code: 'session_ended' | 'access_revoked' | 'forbidden', status: number) =>
  queryClient
    .fetchQuery({ queryKey: ['asked'], queryFn: () => Promise.reject(new ApiError(code, status)) })
    .catch(() => undefined)

it('[INV12] what one person has read is gone when they have signed out', async () => {
  notifications.show({ message: 'of a patient' })
  await session.logout()
  expect(queryClient.getQueryData(['locations'])).toBeUndefined()
  expect(notificationsStore.getState().notifications).toEqual([])
})

it('[INV12] what an answer brings after the sign-out is gone for the next person', async () => {
  await session.logout()
  queryClient.setQueryData(['patients', 'one', 'p'], { id: 'p' })
  await session.login('b@x.example', 'secret')
  expect(queryClient.getQueryData(['patients', 'one', 'p'])).toBeUndefined()
})

it.each([
  ['session_ended', 401, 'Your session has ended'],
  ['access_revoked', 403, 'taken back'],
] as const)('[INV12] an answer that says %s ends the session here, with a word why', async (code, status, words) => {
  await refuse(code, status)
  expect(session.getState()).toMatchObject({ status: 'signed-out', notice: expect.stringContaining(words) })
  expect(queryClient.getQueryData(['locations'])).toBeUndefined()
})

it('an action that is refused as forbidden reads anew what the person may do', async () => {
  await refuse('forbidden', 403)
  await vi.waitFor(() => expect(paths).toEqual(['login', 'refresh']))
  expect(session.getState().status).toBe('signed-in')
})
