// @vitest-environment happy-dom
import { expect, it } from 'vitest'
import { session } from '../session/browser-session.ts'
import { PAGES } from './pages.ts'
import { createAppRouter } from './router.tsx'

it('has a screen for exactly the pages that the front door knows', () => {
  expect(Object.keys(createAppRouter(session).routesByPath).sort()).toEqual([...PAGES].sort())
})
