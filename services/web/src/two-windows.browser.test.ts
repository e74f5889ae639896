import { launchBrowser, startStack, waitUntil, type Stack } from '@derm/test-kit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { openWindow, openWindowsApart, type AppWindow } from './testing/open-window.ts'
import { addDays, todayIn } from './time/zone-time.ts'

let stack: Stack
let browser: Browser
let downtown: Desk
let date: string
/** Two people of one location, on two nodes. */
let front: AppWindow
let assistant: AppWindow

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 2 }), launchBrowser()])
  downtown = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  // A day that the seed leaves empty: nothing is on it but what these tests book.
  date = addDays(todayIn(downtown.location.timeZone), 30)
  ;[front, assistant] = await openBoth()
})
const openBoth = () =>
  openWindowsApart(browser, stack.origin, ['frontdesk@lakeside.example', 'ma@lakeside.example'], {
    location: downtown.location.id,
    date,
  })
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

async function checkIn({ page }: AppWindow, id: string): Promise<void> {
  await page.getByTestId(`appointment-${id}`).click()
  await page.getByTestId('action-check-in').click()
  await page.locator('[data-testid="drawer-status"][data-status-value="checked_in"]').waitFor()
  await page.getByLabel('Close the appointment').click()
  await page.getByTestId('appointment-drawer').waitFor({ state: 'hidden' })
}

const indicator = ({ page }: AppWindow) => page.getByTestId('realtime-indicator').getByRole('status')

describe('two windows on two nodes', () => {
  it('a check-in in one appears in the other: with a highlight and a toast, and without a reload', async () => {
    expect([front.node(), assistant.node()].toSorted()).toEqual(stack.nodes.map(({ name }) => name).toSorted())
    const { id } = await downtown.book(date, 9 * 60)
    await front.showsStatus(id, 'scheduled')
    await assistant.showsStatus(id, 'scheduled')
    await assistant.page.evaluate(() => Object.assign(window, { marker: 'still the same page' }))

    await checkIn(front, id)
    await assistant.showsStatus(id, 'checked_in')
    await assistant.showsToast('A patient was checked in')
    const [event] = assistant.eventsOf('appointment:checkedin', id)
    expect(await assistant.glowOf(assistant.card(id))).toBe(event!.id)
    expect(await assistant.page.evaluate(() => Reflect.get(window, 'marker') as unknown)).toBe('still the same page')

    // Who did it is not told of it.
    await waitUntil(() => front.eventsOf('appointment:checkedin', id).length > 0, { what: 'the echo' })
    expect(front.eventsOf('appointment:checkedin', id)).toEqual([event])
    expect(await front.countToasts('A patient was checked in')).toBe(0)
    expect(await front.glowOf(front.card(id))).not.toBe(event!.id)
  })

  it('[SEC1] no frame of it reaches another tenant or another location', async () => {
    const branch = await openDesk(stack, 'owner@lakeside.example', 'Lakeside North')
    const stranger = await openDesk(stack, 'owner@summit.example', 'Summit Denver')
    const outsiders = await Promise.all(
      [
        { desk: branch, email: 'frontdesk.north@lakeside.example' },
        { desk: stranger, email: 'frontdesk@summit.example' },
      ].map(async ({ desk, email }) => ({
        desk,
        window: await openWindow(browser, stack.origin, { email, location: desk.location.id, date }),
      })),
    )
    const { id, patient } = await downtown.book(date, 10 * 60)
    await front.showsStatus(id, 'scheduled')
    await checkIn(front, id)
    for (const window of [front, assistant])
      await waitUntil(() => window.eventsOf('appointment:checkedin', id).length === 1, { what: 'the event inside' })
    const [event] = front.eventsOf('appointment:checkedin', id)
    const betrayals = [event!.id, event!.channel, id, patient.id, downtown.location.id]
    const leaks = (window: AppWindow) => window.frames.filter((one) => betrayals.some((text) => one.includes(text)))
    expect(leaks(front).length).toBeGreaterThan(0)

    for (const { desk, window } of outsiders) {
      // Their own next event has come: what the same nodes sent before it would have been here.
      const own = await desk.book(date, 9 * 60)
      await waitUntil(() => window.eventsOf('appointment:created', own.id).length === 1, { what: 'their own event' })
      expect(leaks(window)).toEqual([])
      await window.close()
    }
  })

  it('[REC9] Redis is gone: the window says that it is delayed, and asks the API meanwhile [INV25]; live when it is back', async () => {
    const { id } = await downtown.book(date, 15 * 60)
    await assistant.showsStatus(id, 'scheduled')
    const status = (of: string) => assistant.page.locator(`[data-testid="realtime-indicator"] [data-status="${of}"]`)
    await stack.redis.stop()
    await status('delayed').waitFor()
    expect(await indicator(assistant).textContent()).toMatch(/Delayed since/)
    expect(await assistant.page.locator('[data-banner="stale"]').textContent()).toContain('not arriving')
    await front.showsStatus(id, 'scheduled')
    await checkIn(front, id)
    await assistant.showsStatus(id, 'checked_in')
    expect(assistant.eventsOf('appointment:checkedin', id)).toEqual([])
    await stack.redis.start()
    await status('live').waitFor()
    await assistant.page.locator('[data-banner="stale"]').waitFor({ state: 'detached' })
  })

  it('[SUB10] the node of a window freezes: it says that it is delayed, leaves it and shows what was missed', async () => {
    const { id } = await downtown.book(date, 16 * 60)
    await front.showsStatus(id, 'scheduled')
    await assistant.showsStatus(id, 'scheduled')
    const frozen = stack.nodes.find(({ name }) => name === assistant.node())!
    await frozen.kill('SIGSTOP')
    try {
      await checkIn(front, id)
      await assistant.page.locator('[data-testid="realtime-indicator"] [data-status="delayed"]').waitFor()
      expect(await assistant.card(id).getAttribute('data-status')).toBe('scheduled')
      // It gives up after twenty seconds without a word.
      await assistant.page
        .locator(`[data-testid="realtime-indicator"] [data-status="live"][data-node="${front.node()!}"]`)
        .waitFor({ timeout: 30_000 })
      await assistant.showsStatus(id, 'checked_in')
    } finally {
      await frozen.kill('SIGCONT')
    }
    await Promise.all([front.close(), assistant.close()])
    ;[front, assistant] = await openBoth()
  })

  it('[SUB3] the node of a window is killed: it says so, comes back on the other and shows what was missed', async () => {
    const { id } = await downtown.book(date, 11 * 60)
    await front.showsStatus(id, 'scheduled')
    await assistant.showsStatus(id, 'scheduled')
    const [killed, other] = [assistant.node()!, front.node()!]
    await assistant.page.evaluate(() => Object.assign(window, { marker: 'still the same page' }))
    // The way back stays shut until the change is made, so that it is certainly missed.
    await assistant.page.context().setOffline(true)
    // [SUB12] The socket stands still, but nothing can be read anew.
    await assistant.page.locator('[data-testid="realtime-indicator"] [data-status="delayed"]').waitFor()
    assistant.frames.length = 0

    await stack.nodes.find(({ name }) => name === killed)!.kill('SIGKILL')
    await assistant.page.locator('[data-testid="realtime-indicator"] [data-status="offline"]').waitFor()
    expect(await indicator(assistant).textContent()).toMatch(/Offline since/)
    await assistant.page.locator('[data-banner="stale"]').waitFor()
    await checkIn(front, id)
    expect(await assistant.card(id).getAttribute('data-status')).toBe('scheduled')

    await assistant.page.context().setOffline(false)
    await assistant.page
      .locator(`[data-testid="realtime-indicator"] [data-status="live"][data-node="${other}"]`)
      .waitFor()
    await assistant.showsStatus(id, 'checked_in')
    expect(assistant.node()).toBe(other)
    // Recovered from the log by the cursor, not merely read again.
    const [acknowledgement] = assistant.frames.filter((frame) => frame.startsWith('43') && frame.includes(id))
    expect(acknowledgement).toContain('"appointment:checkedin"')
    expect(acknowledgement).toContain('"status":"recovered"')
    expect(await indicator(assistant).textContent()).toContain('Live')
    expect(await assistant.page.evaluate(() => Reflect.get(window, 'marker') as unknown)).toBe('still the same page')
  })
})
