import { launchBrowser, startPathProxy, startStack, type PathProxy, type Stack } from '@derm/test-kit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { openDesk } from './testing/book-visits.ts'
import { openWindow } from './testing/open-window.ts'
import { addDays, todayIn } from './time/zone-time.ts'

const PREFIX = '/practice'
let stack: Stack
let browser: Browser
/** One passes the prefix on, one takes it off. */
let proxies: [PathProxy, PathProxy]

beforeAll(async () => {
  proxies = [await startPathProxy(PREFIX, { takesOff: false }), await startPathProxy(PREFIX, { takesOff: true })]
  const origins = proxies.map(({ url }) => new URL(url).origin)
  ;[stack, browser] = await Promise.all([
    startStack({ gateway: true, apis: 1, nodes: 1, env: { BASE_PATH: PREFIX }, origins }),
    launchBrowser(),
  ])
  for (const proxy of proxies) proxy.show(stack.origin)
})
afterAll(async () => {
  await browser?.close()
  for (const proxy of proxies) await proxy.stop()
  await stack?.stop()
})

it('[OPS14] [SUB25] two windows below a path, behind two kinds of proxy: signed in, live, and after a reload as before', async () => {
  const downtown = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  const date = addDays(todayIn(downtown.location.timeZone), 30)
  const place = { location: downtown.location.id, date }
  const [passesOn, takesOff] = proxies
  const front = await openWindow(browser, passesOn.url, { email: 'frontdesk@lakeside.example', ...place })
  const assistant = await openWindow(browser, takesOff.url, { email: 'ma@lakeside.example', ...place })
  for (const { page } of [front, assistant]) {
    expect(new URL(page.url()).pathname).toBe(`${PREFIX}/schedule`)
    const [cookie] = (
      await page.context().cookies(`${page.url().split('?')[0]!.replace('/schedule', '')}/api/v1/auth/x`)
    ).filter(({ httpOnly }) => httpOnly)
    expect(cookie?.path).toBe(`${PREFIX}/api/v1/auth`)
  }

  const { id } = await downtown.book(date, 9 * 60)
  for (const one of [front, assistant]) await one.showsStatus(id, 'scheduled')
  await front.page.getByTestId(`appointment-${id}`).click()
  await front.page.getByTestId('action-check-in').click()
  await assistant.showsStatus(id, 'checked_in')
  expect(assistant.eventsOf('appointment:checkedin', id)).toHaveLength(1)

  for (const one of [front, assistant]) {
    await one.reload()
    await one.showsStatus(id, 'checked_in')
    expect(new URL(one.page.url()).pathname).toBe(`${PREFIX}/schedule`)
  }

  for (const [{ page }, { url }] of [
    [front, passesOn],
    [assistant, takesOff],
  ] as const) {
    expect((await page.goto(`${url}/assets/nothing.js`))?.status()).toBe(404)
    expect((await page.goto(`${url}/no-such-page`))?.status()).toBe(404)
  }
})
