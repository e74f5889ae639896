import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { getSeedIds } from '@derm/database'
import { ROOT } from '@derm/local-servers'
import { launchBrowser, startStack } from '@derm/test-kit'
import { addDays, todayIn } from '../src/time/zone-time.ts'
import { openWindow, openWindowsApart } from '../src/testing/open-window.ts'

/** `npm run screenshots -w @derm/web`: the pictures of the docs, from the running system. */
const folder = join(ROOT, 'docs', 'images')
await mkdir(folder, { recursive: true })
const [stack, browser] = await Promise.all([startStack({ gateway: true, seed: 'full' }), launchBrowser()])
try {
  const { lakeside } = getSeedIds()
  const { id: location, timeZone } = lakeside.locations['downtown']!
  // The next day on which the practice is open.
  let date = addDays(todayIn(timeZone), 1)
  while ([0, 6].includes(new Date(`${date}T12:00:00Z`).getUTCDay())) date = addDays(date, 1)
  const [front, provider] = await openWindowsApart(
    browser,
    stack.origin,
    ['frontdesk@lakeside.example', 'provider@lakeside.example'],
    { location, date },
  )
  for (const { page } of [front, provider]) await page.setViewportSize({ width: 1280, height: 800 })
  const card = front.page
    .locator('[data-testid^="appointment-"]:is([data-status="scheduled"],[data-status="confirmed"])')
    .nth(2)
  const id = (await card.getAttribute('data-testid'))!.replace('appointment-', '')
  await card.click()
  await front.page.getByTestId('action-check-in').click()
  await provider.showsStatus(id, 'checked_in')
  await provider.showsToast('A patient was checked in')
  // While it glows, and past the toast's own entrance.
  await provider.page.waitForFunction(() => {
    const toast = document.querySelector('[role="alert"]')
    return toast !== null && getComputedStyle(toast).opacity === '1'
  })
  await Promise.all([
    front.page.screenshot({ path: join(folder, 'check-in.png') }),
    provider.page.screenshot({ path: join(folder, 'check-in-seen.png') }),
  ])
  await provider.page.emulateMedia({ colorScheme: 'dark' })
  await provider.page.screenshot({ path: join(folder, 'dark.png') })
  await provider.page.emulateMedia({ colorScheme: 'light' })
  const looks: [name: string, width: number, height: number, scheme: 'light' | 'dark'][] = [
    ['narrow', 390, 844, 'light'],
    ['zoom-200', 640, 450, 'dark'],
  ]
  if (process.argv.includes('--all'))
    for (const [name, width, height, colorScheme] of looks) {
      const { page, close } = await openWindow(browser, stack.origin, {
        email: 'owner@lakeside.example',
        location,
        date,
      })
      await page.setViewportSize({ width, height })
      await page.emulateMedia({ colorScheme })
      await page.screenshot({ path: join(folder, `${name}.png`) })
      await close()
    }
} finally {
  await browser.close()
  await stack.stop()
}
