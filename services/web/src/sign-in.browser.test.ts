import { launchBrowser, startStack, type Stack } from '@derm/test-kit'
import type { Browser, BrowserContext, Page } from 'playwright-core'
import { afterAll, beforeAll, beforeEach, afterEach, expect, it } from 'vitest'

let stack: Stack
let browser: Browser
let context: BrowserContext

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 1 }), launchBrowser()])
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})
beforeEach(async () => {
  context = await browser.newContext()
  context.setDefaultTimeout(20_000)
})
afterEach(() => context.close())

/** A tab, and everything that its console has to complain about. */
async function openTab(path = '/'): Promise<{ page: Page; complaints: string[] }> {
  const page = await context.newPage()
  const complaints: string[] = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`)
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  await page.goto(`${stack.origin}${path}`)
  return { page, complaints }
}
const signIn = (page: Page) => page.getByTestId('account-frontdesk@lakeside.example').click()
const showsBoard = (page: Page) => page.getByTestId('new-appointment').waitFor()

it.each(['/', '/sign-in', '/schedule'])('the console is clean on the first load of %s', async (path) => {
  const { page, complaints } = await openTab(path)
  await page.getByTestId('sign-in').waitFor()
  await page.waitForLoadState('networkidle')
  expect(complaints).toEqual([])
})

it('a sign-in is known to every tab and after a reload; after a sign-out the console of the next load is clean', async () => {
  const first = await openTab()
  await signIn(first.page)
  await showsBoard(first.page)
  await first.page.reload()
  await showsBoard(first.page)
  const second = await openTab()
  await showsBoard(second.page)
  expect([...first.complaints, ...second.complaints]).toEqual([])

  await first.page.getByTestId('user-menu').click()
  await first.page.getByTestId('sign-out').click()
  await first.page.getByTestId('sign-in').waitFor()
  const third = await openTab()
  await third.page.getByTestId('sign-in').waitFor()
  await third.page.waitForLoadState('networkidle')
  expect(third.complaints).toEqual([])
})

it('an unknown path shows that there is no such page', async () => {
  const { page } = await openTab('/no-such-page')
  await page.getByRole('heading', { name: 'There is no such page' }).waitFor()
})
