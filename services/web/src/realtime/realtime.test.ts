// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest'
import { session } from '../session/browser-session.ts'
import { queryClient } from './realtime.ts'

it('[INV12] what one person has read is gone when they have signed out', async () => {
  const user = { id: 'u', tenantId: 't', tenantName: 'Lakeside', displayName: 'Ann', email: 'a@x.example', grants: [] }
  vi.stubGlobal('fetch', async (url: string) =>
    String(url).endsWith('/login')
      ? Response.json({ accessToken: 'one', expiresIn: 600, user })
      : new Response(null, { status: 204 }),
  )
  await session.login('a@x.example', 'secret')
  queryClient.setQueryData(['locations'], ['Downtown'])
  await session.logout()
  expect(queryClient.getQueryData(['locations'])).toBeUndefined()
  vi.unstubAllGlobals()
})
