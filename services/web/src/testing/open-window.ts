import type { Browser, Page } from 'playwright-core'
import { waitUntil } from '@derm/testing'

export type AppWindow = {
  page: Page
  /** The text frames that the page's sockets have received since it was last loaded, raw, as the network stack saw them. */
  frames: string[]
  /** The realtime node of the newest subscription, from its acknowledgement. */
  node(): string | undefined
  /** The whole text frames of one type of event about one entity. */
  framesOf(type: string, id: string): string[]
  reload(): Promise<void>
  close(): Promise<void>
}

/** Engine.IO message + Socket.IO acknowledgement of a `subscribe` that was granted. */
const SUBSCRIBED = /^43\d+\[\{"ok":true,"node":"([^"]+)"/

/** A private window: its own cookies, signed in by the screen, with one day of one location open and live. */
export async function openWindow(
  browser: Browser,
  origin: string,
  { email, location, date }: { email: string; location: string; date: string },
): Promise<AppWindow> {
  const context = await browser.newContext({ viewport: { width: 1440, height: 900 }, reducedMotion: 'reduce' })
  const page = await context.newPage()
  const frames: string[] = []
  const network = await context.newCDPSession(page)
  network.on('Network.webSocketFrameReceived', ({ response }) => frames.push(response.payloadData))
  await network.send('Network.enable')

  const node = () => frames.map((frame) => SUBSCRIBED.exec(frame)?.[1]).findLast((name) => name !== undefined)
  const load = async (go: () => Promise<unknown>) => {
    frames.length = 0
    await go()
    await page.locator('[data-testid="realtime-indicator"] [data-status="live"]').waitFor()
    await page.getByTestId('new-appointment').waitFor()
    await page.locator('[aria-busy="true"]').waitFor({ state: 'detached' })
    await waitUntil(node, { what: `a subscription of ${email}` })
  }

  await page.goto(`${origin}/sign-in`)
  await page.getByTestId(`account-${email}`).click()
  await page.waitForURL('**/schedule**')
  await load(() => page.goto(`${origin}/schedule?location=${location}&date=${date}`))
  return {
    page,
    frames,
    node,
    framesOf: (type, id) => frames.filter((frame) => frame.startsWith(`42["${type}"`) && frame.includes(id)),
    reload: () => load(() => page.reload()),
    close: () => context.close(),
  }
}
