import { launchBrowser, startStack, type Stack } from '@derm/test-kit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { startForwardProxy, type ForwardProxy } from './testing/forward-proxy.ts'
import { openWindow, type AppWindow } from './testing/open-window.ts'
import { addDays, todayIn } from './time/zone-time.ts'

let stack: Stack
let browser: Browser
let downtown: Desk
let date: string
let network: ForwardProxy
/** Somebody at the desk, whose network lets everything through. */
let front: AppWindow

beforeAll(async () => {
  ;[stack, browser, network] = await Promise.all([
    startStack({ gateway: true, apis: 1, nodes: 1 }),
    launchBrowser(),
    startForwardProxy(),
  ])
  downtown = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  date = addDays(todayIn(downtown.location.timeZone), 30)
  front = await openWindow(browser, stack.origin, {
    email: 'frontdesk@lakeside.example',
    location: downtown.location.id,
    date,
  })
})
afterAll(async () => {
  await browser?.close()
  await network?.stop()
  await stack?.stop()
})

const openAssistant = (until: 'live' | 'delayed') =>
  openWindow(browser, stack.origin, {
    email: 'ma@lakeside.example',
    location: downtown.location.id,
    date,
    proxy: network.url,
    until,
  })

async function checkIn({ page }: AppWindow, id: string): Promise<void> {
  await page.getByTestId(`appointment-${id}`).click()
  await page.getByTestId('action-check-in').click()
  await page.locator('[data-testid="drawer-status"][data-status-value="checked_in"]').waitFor()
  await page.getByLabel('Close the appointment').click()
  await page.getByTestId('appointment-drawer').waitFor({ state: 'hidden' })
}

const indicator = ({ page }: AppWindow) => page.getByTestId('realtime-indicator').getByRole('status')
const says = ({ page }: AppWindow, status: string, timeout = 10_000) =>
  page.locator(`[data-testid="realtime-indicator"] [data-status="${status}"]`).waitFor({ timeout })

describe('[INV25] a window whose network blocks WebSocket', () => {
  it('says within 10 s that it checks instead, shows others’ changes all the same, and is live by itself when it may', async () => {
    network.blockSockets(true)
    const assistant = await openAssistant('delayed')
    expect(await indicator(assistant).textContent()).toMatch(/Delayed since .*, checking every 5 s/)
    expect(await assistant.page.locator('[data-banner="stale"]').textContent()).toContain('every 5 seconds')

    const { id } = await downtown.book(date, 9 * 60)
    await front.showsStatus(id, 'scheduled')
    await assistant.showsStatus(id, 'scheduled')
    await checkIn(front, id)
    await assistant.showsStatus(id, 'checked_in')
    expect(assistant.frames).toEqual([])

    network.blockSockets(false)
    await says(assistant, 'live', 30_000)
    await assistant.page.locator('[data-banner="stale"]').waitFor({ state: 'detached' })
    const next = await downtown.book(date, 10 * 60)
    await assistant.showsStatus(next.id, 'scheduled')

    // And the same from the middle of the day on.
    network.blockSockets(true)
    await says(assistant, 'delayed')
    await checkIn(front, next.id)
    await assistant.showsStatus(next.id, 'checked_in')
    network.blockSockets(false)
    await assistant.close()
  })
})

describe('[INV22] a window whose API fails', () => {
  it.each([503, 502, 403, 200])(
    'with a page of the network’s and %i: says so within 10 s, and is right by itself',
    async (status) => {
      const assistant = await openAssistant('live')
      const { id } = await downtown.book(date, 11 * 60 + [503, 502, 403, 200].indexOf(status) * 60)
      await front.showsStatus(id, 'scheduled')
      await assistant.showsStatus(id, 'scheduled')
      network.answerApiWithPage(status)
      await checkIn(front, id)
      // Its socket stands, and brought the news.
      await says(assistant, 'delayed')
      expect(assistant.eventsOf('appointment:checkedin', id)).toHaveLength(1)
      expect(await assistant.page.locator('[data-banner="stale"]').textContent()).toContain('could not be read again')
      expect(await assistant.card(id).getAttribute('data-status')).toBe('scheduled')
      await new Promise((resolve) => setTimeout(resolve, 5000))
      await says(assistant, 'delayed')

      network.answerApiWithPage(null)
      await assistant.page
        .locator(`[data-testid="appointment-${id}"][data-status="checked_in"]`)
        .waitFor({ timeout: 30_000 })
      await says(assistant, 'live')
      await assistant.close()
    },
  )
})
