import { launchBrowser, signIn, startStack, type Stack } from '@derm/test-kit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { fullName } from './patients/patient-names.ts'
import { SIGN_OUT_OWED } from './session/session.ts'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { openWindow, type AppWindow } from './testing/open-window.ts'
import { addDays, todayIn } from './time/zone-time.ts'

let stack: Stack
let browser: Browser
let desk: Desk
let date: string
let visit: Awaited<ReturnType<Desk['book']>>

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 1 }), launchBrowser()])
  desk = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  date = addDays(todayIn(desk.location.timeZone), 30)
  visit = await desk.book(date, 9 * 60)
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const open = (email: string) => openWindow(browser, stack.origin, { email, location: desk.location.id, date })
async function signOut(page: Page): Promise<void> {
  await page.getByTestId('user-menu').click()
  await page.getByTestId('sign-out').click()
  await page.getByTestId('sign-in').waitFor()
}
/** The page is at the sign-in, says why, and shows nothing of a patient. */
async function expectEnded(page: Page, notice: string): Promise<void> {
  await page.getByTestId('sign-in').waitFor()
  await page.getByRole('status').getByText(notice).waitFor()
  expect(new URL(page.url()).pathname).toBe('/sign-in')
  expect(await page.locator('body').innerText()).not.toContain(fullName(visit.patient))
}
async function idOf(email: string): Promise<string> {
  return (await signIn(stack.origin, stack.origin, email)).user.id
}

describe('[INV12] a session that has ended leaves every screen', () => {
  it('signed out in one tab: the other tab too, at once', async () => {
    const { page, card, close } = await open('frontdesk@lakeside.example')
    await card(visit.id).waitFor()
    const other = await page.context().newPage()
    await other.goto(page.url())
    await other.getByTestId(`appointment-${visit.id}`).waitFor()
    await other.locator('[data-testid="realtime-indicator"] [data-status="live"]').waitFor()
    await signOut(page)
    await expectEnded(other, 'Your session has ended')
    await close()
  })

  it('signed out without a connection: each tab is left, it says that the server does not know, and the next load ends it there', async () => {
    const { page, close } = await open('frontdesk@lakeside.example')
    const refresh = () =>
      page.evaluate(
        async () =>
          (
            await fetch('/api/v1/auth/refresh', {
              method: 'POST',
              body: '{}',
              headers: { 'content-type': 'application/json' },
            })
          ).status,
      )
    const other = await page.context().newPage()
    await other.goto(page.url())
    await other.getByTestId(`appointment-${visit.id}`).waitFor()
    await page.route('**/auth/logout', (route) => route.abort())
    await signOut(page)
    // No server has told the other tab.
    await expectEnded(other, 'Your session has ended')
    await expectEnded(page, SIGN_OUT_OWED)
    await page.unroute('**/auth/logout')
    const ended = page.waitForResponse('**/auth/logout')
    await page.reload()
    expect((await ended).status()).toBe(204)
    await page.getByTestId('sign-in').waitFor()
    expect(await refresh()).toBe(401)
    await close()
  })

  describe('by the owner', () => {
    let assistant: AppWindow
    beforeAll(async () => {
      assistant = await open('ma@lakeside.example')
      await assistant.card(visit.id).waitFor()
    })
    afterAll(() => assistant.close())

    it('another role: navigation and screen follow without a reload', async () => {
      const { page } = assistant
      const id = await idOf('ma@lakeside.example')
      const grants = [{ role: 'pathology_coordinator', locationId: null }]
      await desk.change(`/admin/users/${id}/grants`, { grants }, { method: 'PATCH' })
      await page.getByTestId('nav-schedule').waitFor({ state: 'detached' })
      await page.getByTestId('nav-patients').waitFor()
      expect(await assistant.card(visit.id).count()).toBe(0)
    })

    it('all access taken back', async () => {
      await desk.change(`/admin/users/${await idOf('ma@lakeside.example')}/revoke`, {})
      await expectEnded(assistant.page, 'Your access was taken back')
    })
  })
})
