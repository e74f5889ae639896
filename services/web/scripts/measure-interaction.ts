import { getSeedIds } from '@derm/database'
import { launchBrowser, startStack } from '@derm/test-kit'
import type { Page } from 'playwright-core'
import { addDays, toInstant, todayIn } from '../src/time/zone-time.ts'
import { openWindow } from '../src/testing/open-window.ts'

/** `npm run interaction -w @derm/web`: from an input to the next paint, with 500 appointments on the board, in milliseconds. */
const APPOINTMENTS = 500
const [stack, browser] = await Promise.all([startStack({ gateway: true, seed: 'full' }), launchBrowser()])
try {
  const { lakeside } = getSeedIds()
  const { id: location, timeZone } = lakeside.locations['downtown']!
  const date = addDays(todayIn(timeZone), 60)
  await stack.query(
    `WITH chosen AS (
       SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM appointments WHERE location_id = $1 LIMIT $2
     ), columns AS (
       SELECT array_agg(provider_id ORDER BY provider_id) AS providers FROM provider_locations WHERE location_id = $1
     ), slots AS (
       SELECT chosen.id, providers[1 + place % cardinality(providers)] AS provider_id,
         $3::timestamptz + (place / cardinality(providers)) * interval '5 minutes' AS starts_at
       FROM chosen, columns
     )
     UPDATE appointments
     SET provider_id = slots.provider_id, starts_at = slots.starts_at, ends_at = slots.starts_at + interval '5 minutes', status = 'scheduled'
     FROM slots WHERE appointments.id = slots.id`,
    [location, APPOINTMENTS, toInstant({ date, minutes: 6 * 60 }, timeZone)],
  )
  const { page } = await openWindow(browser, stack.origin, { email: 'owner@lakeside.example', location, date })
  const cards = page.locator('[data-appointment]')
  console.log(`${await cards.count()} appointments on the board\n`)
  await observe(page)

  const results: [what: string, ms: number[]][] = []
  const measure = async (what: string, act: (round: number) => Promise<void>) => {
    const ms: number[] = []
    for (let round = 0; round < 12; round++) {
      await take(page)
      await act(round)
      // An entry comes with the frame after its paint.
      await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 150)))
      ms.push(Math.max(0, ...(await take(page))))
    }
    results.push([what, ms.toSorted((a, b) => a - b)])
  }
  const drawer = page.getByTestId('appointment-drawer')
  await measure('open an appointment', async (round) => {
    await cards.nth(round * 7).click()
    await page.getByTestId('action-check-in').waitFor()
    await page.keyboard.press('Escape')
    await drawer.waitFor({ state: 'hidden' })
  })
  await measure('move among the cards by keyboard', async () => {
    await cards.first().focus()
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowRight']) await page.keyboard.press(key)
  })
  await measure('drag a card', async (round) => {
    const box = (await cards.nth(round * 3).boundingBox())!
    await page.mouse.move(box.x + 20, box.y + 6)
    await page.mouse.down()
    await page.mouse.move(box.x + 20, box.y + 60, { steps: 8 })
    await page.keyboard.press('Escape')
    await page.mouse.up()
  })
  await measure('filter by status', async () => {
    await page.getByTestId('count-scheduled').click()
    await page.getByTestId('count-all').click()
  })
  await measure('open and close the booking', async () => {
    await page.getByTestId('new-appointment').click()
    const dialog = page.getByRole('dialog')
    await dialog.getByLabel('Close', { exact: true }).click()
    await dialog.waitFor({ state: 'hidden' })
  })
  console.log('| what | median | slowest of 12 |\n| --- | --- | --- |')
  for (const [what, ms] of results) console.log(`| ${what} | ${ms[6]} ms | ${ms.at(-1)} ms |`)
} finally {
  await browser.close()
  await stack.stop()
}

type Observed = { interactions: number[] }

/** Event Timing: what Interaction to Next Paint is made of. The browser gives durations in steps of 8 ms. */
async function observe(page: Page): Promise<void> {
  await page.evaluate(() => {
    const seen: number[] = []
    Object.assign(window, { interactions: seen })
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) if (Reflect.get(entry, 'interactionId')) seen.push(entry.duration)
    }).observe({ type: 'event', durationThreshold: 16, buffered: false } as PerformanceObserverInit)
  })
}

function take(page: Page): Promise<number[]> {
  return page.evaluate(() => (window as unknown as Observed).interactions.splice(0))
}
