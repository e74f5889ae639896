import type { AppointmentStatus, EventEnvelope, EventType } from '@derm/contract'
import { waitUntil } from '@derm/test-kit'
import type { Browser, Locator, Page } from 'playwright-core'

export type AppWindow = {
  page: Page
  /** The text frames that the page's sockets have received since it was last loaded, raw, as the network stack saw them. */
  frames: string[]
  /** The realtime node of the newest subscription, from its acknowledgement. */
  node(): string | undefined
  /** The events of one type that came in frames of their own; about one entity, if `id` is given. */
  eventsOf(type: EventType, id?: string): EventEnvelope[]
  card(id: string): Locator
  /** Resolves when the board shows the status, and as the server's word. */
  showsStatus(id: string, status: AppointmentStatus): Promise<void>
  /** The event by which an entity glows; null without a glow. */
  glowOf(entity: Locator): Promise<string | null>
  /** Resolves when a toast says so. */
  showsToast(text: string): Promise<void>
  countToasts(text: string): Promise<number>
  reload(): Promise<void>
  close(): Promise<void>
}

type Place = { location: string; date: string }
type WindowOptions = Place & {
  email: string
  /** The proxy that its network has. */
  proxy?: string
  /** What its indicator comes to say. */
  until?: 'live' | 'delayed'
}

/** Engine.IO message + Socket.IO acknowledgement of a `subscribe` that was granted. */
const SUBSCRIBED = /^43\d+\[\{"ok":true,"node":"([^"]+)"/

/** A private window: its own cookies, signed in by the screen, with one day of one location open and live. */
export async function openWindow(
  browser: Browser,
  origin: string,
  { email, location, date, proxy, until = 'live' }: WindowOptions,
): Promise<AppWindow> {
  const context = await browser.newContext({
    viewport: { width: 1440, height: 900 },
    reducedMotion: 'reduce',
    // Chromium asks this machine directly, unless it is told not to.
    ...(proxy === undefined ? {} : { proxy: { server: proxy, bypass: '<-loopback>' } }),
  })
  // Nothing here takes long: who waits in vain shall hear of it soon.
  context.setDefaultTimeout(10_000)
  const page = await context.newPage()
  const frames: string[] = []
  const network = await context.newCDPSession(page)
  network.on('Network.webSocketFrameReceived', ({ response }) => frames.push(response.payloadData))
  await network.send('Network.enable')

  const node = () => frames.map((frame) => SUBSCRIBED.exec(frame)?.[1]).findLast((name) => name !== undefined)
  const load = async (go: () => Promise<unknown>) => {
    frames.length = 0
    await go()
    await page.locator(`[data-testid="realtime-indicator"] [data-status="${until}"]`).waitFor()
    await page.getByTestId('new-appointment').waitFor()
    await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' })
    if (until === 'live') await waitUntil(node, { what: `a subscription of ${email}` })
  }

  await page.goto(`${origin}/sign-in`)
  await page.getByTestId(`account-${email}`).click()
  await page.waitForURL('**/schedule**')
  await load(() => page.goto(`${origin}/schedule?location=${location}&date=${date}`))
  return {
    page,
    frames,
    node,
    eventsOf: (type, id) =>
      frames
        .filter((frame) => frame.startsWith(`42["${type}"`))
        .map((frame) => (JSON.parse(frame.slice(2)) as [string, EventEnvelope])[1])
        .filter(({ subject }) => id === undefined || subject.id === id),
    card: (id) => page.getByTestId(`appointment-${id}`),
    showsStatus: (id, status) =>
      page.locator(`[data-testid="appointment-${id}"][data-status="${status}"]:not([data-pending])`).waitFor(),
    glowOf: (entity) => page.locator('.derm-highlight', { has: entity }).getAttribute('data-updated'),
    showsToast: (text) => page.getByRole('alert').getByText(text, { exact: true }).waitFor(),
    countToasts: (text) => page.getByRole('alert').getByText(text, { exact: true }).count(),
    reload: () => load(() => page.reload()),
    close: () => context.close(),
  }
}

/** Windows of two people of one location, on different realtime nodes: the front door hands them out in turn. */
export async function openWindowsApart(
  browser: Browser,
  origin: string,
  [first, second]: [email: string, email: string],
  place: Place,
): Promise<[AppWindow, AppWindow]> {
  const one = await openWindow(browser, origin, { email: first, ...place })
  const other = await openWindow(browser, origin, { email: second, ...place })
  for (let tries = 0; other.node() === one.node(); tries++) {
    if (tries === 10) throw new Error(`both windows stay on ${one.node()}`)
    await other.reload()
  }
  return [one, other]
}
