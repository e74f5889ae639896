import { launchBrowser, startStack, type Stack } from '@derm/test-kit'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { openWindow, type AppWindow } from './testing/open-window.ts'
import { addDays, todayIn } from './time/zone-time.ts'

let stack: Stack
let browser: Browser
let desk: Desk
let date: string
let front: AppWindow
let visit: string

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 1 }), launchBrowser()])
  desk = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  // A day that the seed leaves empty: nothing is on it but what these tests book.
  date = addDays(todayIn(desk.location.timeZone), 31)
  visit = (await desk.book(date, 9 * 60)).id
  await desk.book(date, 9 * 60, 1)
  front = await openWindow(browser, stack.origin, {
    email: 'owner@lakeside.example',
    location: desk.location.id,
    date,
  })
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

/** What axe finds wrong by WCAG 2.2, levels A and AA, and where. */
async function findFaults(page: Page): Promise<string[]> {
  // Fades are over: half-way, no colour has its contrast.
  await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'))
  await page.evaluate(axe.source)
  return page.evaluate(async () => {
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
    const { violations } = await (window as unknown as { axe: typeof axe }).axe.run({ runOnly: tags })
    return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
  })
}

for (const colorScheme of ['light', 'dark'] as const)
  describe(`in ${colorScheme}, axe finds no fault`, () => {
    beforeAll(() => front.page.emulateMedia({ colorScheme, reducedMotion: 'reduce' }))

    it('in the sign-in', async () => {
      const page = await browser.newPage({ colorScheme, reducedMotion: 'reduce' })
      await page.goto(`${stack.origin}/sign-in`)
      await page.getByTestId('sign-in').waitFor()
      expect.soft(await findFaults(page)).toEqual([])
      await page.close()
    })

    it('in the board', async () => {
      expect.soft(await findFaults(front.page)).toEqual([])
    })

    it('in an appointment', async () => {
      await front.card(visit).click()
      await front.page.getByTestId('action-check-in').waitFor()
      expect.soft(await findFaults(front.page)).toEqual([])
      await front.page.keyboard.press('Escape')
      await front.page.getByTestId('appointment-drawer').waitFor({ state: 'hidden' })
    })

    it('in the booking', async () => {
      await front.page.getByTestId('new-appointment').click()
      await front.page.getByTestId('patient-search').waitFor()
      expect.soft(await findFaults(front.page)).toEqual([])
      await front.page.getByRole('dialog').getByLabel('Close', { exact: true }).click()
      await front.page.getByRole('dialog').waitFor({ state: 'hidden' })
    })

    it('in the waitlist', async () => {
      await front.page.getByTestId('open-waitlist').click()
      await front.page.getByTestId('waitlist-add').waitFor()
      expect.soft(await findFaults(front.page)).toEqual([])
      await front.page.keyboard.press('Escape')
      await front.page.getByTestId('waitlist-drawer').waitFor({ state: 'hidden' })
    })
  })
