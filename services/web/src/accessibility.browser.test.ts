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

/** A page of a user whom the board is nothing for. */
async function openPage(email: string, path: string, options: { width: number; height: number }): Promise<Page> {
  const page = await browser.newPage({ viewport: options, reducedMotion: 'reduce' })
  await page.goto(`${stack.origin}/sign-in`)
  await page.getByLabel('Email').fill(email)
  await page.getByLabel('Password', { exact: true }).fill('dermlive')
  await page.getByTestId('sign-in').click()
  await page.waitForURL((url) => url.pathname !== '/sign-in')
  await page.goto(`${stack.origin}${path}`)
  await page.locator('[data-testid="realtime-indicator"] [data-status="live"]').waitFor()
  await page.locator('[aria-busy="true"]').first().waitFor({ state: 'detached' })
  return page
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

    it('in the patient search', async () => {
      await front.page.getByTestId('nav-patients').click()
      await front.page.getByTestId('patients-search').fill('a')
      await front.page.getByText(/^The first 20|patients? found/).waitFor()
      expect.soft(await findFaults(front.page)).toEqual([])
    })

    it('in a chart, and while it is edited', async () => {
      await front.page.getByTestId('patients-search').press('ArrowDown')
      await front.page.keyboard.press('Enter')
      await front.page.getByTestId('chart').waitFor()
      expect.soft(await findFaults(front.page)).toEqual([])
      await front.page.getByTestId('edit-demographics').click()
      await front.page.getByTestId('patient-form').waitFor()
      expect.soft(await findFaults(front.page)).toEqual([])
      await front.page.getByTestId('nav-schedule').click()
      await front.card(visit).waitFor()
    })
  })

describe('the frame of all screens', () => {
  it('lets a keyboard past the navigation: "Skip to content" is the first stop, and leads to the content', async () => {
    await front.page.reload()
    await front.card(visit).waitFor()
    await front.page.keyboard.press('Tab')
    expect(await front.page.evaluate(() => document.activeElement?.textContent)).toBe('Skip to content')
    await front.page.keyboard.press('Enter')
    expect(await front.page.evaluate(() => document.activeElement?.id)).toBe('main')
  })

  it('tells a role that has no screen so, and lets it sign out', async () => {
    const page = await openPage('auditor@lakeside.example', '/', { width: 1280, height: 800 })
    await page.getByRole('heading', { name: 'There is no screen for you yet' }).waitFor()
    expect(await page.getByTestId('navigation').count()).toBe(0)
    expect.soft(await findFaults(page)).toEqual([])
    await page.goto(`${stack.origin}/schedule`)
    await page.getByRole('heading', { name: 'There is no screen for you yet' }).waitFor()
    await page.getByTestId('user-menu').click()
    await page.getByTestId('sign-out').click()
    await page.waitForURL('**/sign-in')
    await page.close()
  })

  it('starts a role at the first screen that is its own, and keeps the others shut', async () => {
    const page = await openPage('pathology@lakeside.example', '/', { width: 1280, height: 800 })
    await page.waitForURL('**/patients')
    expect(await page.getByTestId('navigation').getByRole('link').allInnerTexts()).toEqual(['Patients'])
    await page.goto(`${stack.origin}/schedule`)
    await page.getByRole('heading', { name: 'This screen is not for your role' }).waitFor()
    await page.close()
  })

  it.each([
    ['360 px', { width: 360, height: 740 }],
    ['1280 px at 200 % zoom', { width: 640, height: 400 }],
  ])('at %s has a menu for the rail, and nothing to scroll sideways for', async (_, size) => {
    const page = await openPage('owner@lakeside.example', '/schedule', size)
    const isWider = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth)
    expect(await page.getByTestId('navigation').isVisible()).toBe(false)
    expect(await isWider()).toBe(false)
    await page.getByTestId('navigation-menu').click()
    await page.getByTestId('menu-patients').waitFor()
    expect(await page.getByTestId('menu-schedule').getAttribute('aria-current')).toBe('page')
    expect.soft(await findFaults(page)).toEqual([])
    await page.getByTestId('menu-patients').click()
    await page.getByTestId('patients-search').fill('a')
    await page.getByText(/^The first 20|patients? found/).waitFor()
    expect(await isWider()).toBe(false)
    await page.getByTestId('patients-search').press('ArrowDown')
    await page.keyboard.press('Enter')
    await page.getByTestId('chart').waitFor()
    expect(await isWider()).toBe(false)
    expect.soft(await findFaults(page)).toEqual([])
    await page.close()
  })
})
