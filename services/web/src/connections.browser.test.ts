import { launchBrowser, signIn, startStack, waitUntil, type Stack } from '@derm/test-kit'
import axe from 'axe-core'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { openWindow, type AppWindow } from './testing/open-window.ts'
import { addDays, todayIn } from './time/zone-time.ts'

let stack: Stack
let browser: Browser
let desk: Desk
let owner: AppWindow

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 2 }), launchBrowser()])
  desk = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  owner = await open('owner@lakeside.example')
  await owner.page.getByTestId('nav-connections').click()
  await owner.page.getByRole('list', { name: 'People' }).waitFor()
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const open = (email: string) =>
  openWindow(browser, stack.origin, {
    email,
    location: desk.location.id,
    date: addDays(todayIn(desk.location.timeZone), 30),
  })
const call = async (token: string, path: string, method = 'GET') => {
  const response = await fetch(`${stack.origin}/api/v1${path}`, {
    method,
    headers: {
      authorization: `Bearer ${token}`,
      origin: stack.origin,
      ...(method === 'GET' ? {} : { 'content-type': 'application/json' }),
    },
    ...(method === 'GET' ? {} : { body: '{}' }),
  })
  return { status: response.status, body: await response.json() }
}
async function find(page: Page, id: string): Promise<void> {
  await page.getByTestId('connections-refresh').click()
  await page.getByTestId(`connections-${id}`).waitFor()
}

describe('the owner’s connections', () => {
  it('[OPS48] show the front desk’s socket; [OPS50] its session is ended, and that window is signed out', async () => {
    const { page } = owner
    const front = await open('frontdesk@lakeside.example')
    const { user } = await signIn(stack.origin, stack.origin, 'frontdesk@lakeside.example')
    await find(page, user.id)
    const row = page.getByTestId(`connections-${user.id}`)
    const text = await row.innerText()
    expect(text).toContain(user.displayName)
    expect(text).toContain(`On ${front.node()} for`)
    expect(text).toContain('scheduling')
    await row.getByRole('button', { name: `End session 1 of ${user.displayName}` }).press('Enter')
    await page.getByTestId('end-form-submit').press('Enter')
    await front.page.getByTestId('sign-in').waitFor()
    await front.page.getByRole('status').getByText('Your session has ended').waitFor()
    await page.getByTestId('end-form').waitFor({ state: 'detached' })
    await waitUntil(
      async () => {
        await page.getByTestId('connections-refresh').click()
        return (await row.count()) === 0
      },
      { what: 'the socket to leave the list' },
    )
    const entries = await stack.query<{ action: string }>(
      `SELECT action FROM audit_log WHERE action = 'user.end-session' AND actor_id <> $1`,
      [user.id],
    )
    expect(entries).toHaveLength(1)
    await front.close()
  })

  it('[OPS48] front desk has no entry in the navigation, the page says so, and the API refuses', async () => {
    const front = await open('frontdesk@lakeside.example')
    expect(await front.page.getByTestId('nav-connections').count()).toBe(0)
    await front.page.goto(`${stack.origin}/connections`)
    await front.page.getByText('This screen is not for your role').waitFor()
    await front.close()
    const { accessToken, user } = await signIn(stack.origin, stack.origin, 'frontdesk@lakeside.example')
    expect((await call(accessToken, '/admin/connections')).status).toBe(403)
    expect((await call(accessToken, `/admin/users/${user.id}/end-sessions`, 'POST')).status).toBe(403)
  })

  it('[OPS48] another practice’s owner sees nobody of this one, also by id', async () => {
    const ours = await signIn(stack.origin, stack.origin, 'owner@lakeside.example')
    const theirs = await signIn(stack.origin, stack.origin, 'owner@summit.example')
    expect((await call(ours.accessToken, '/admin/connections')).body.users.map(({ id }: any) => id)).toContain(
      ours.user.id,
    )
    for (const path of ['/admin/connections', `/admin/connections?userId=${ours.user.id}`]) {
      const { status, body } = await call(theirs.accessToken, path)
      expect([status, body.users, body.nodes.map(({ connections }: any) => connections)]).toEqual([200, [], [0, 0]])
    }
  })

  it.each(['light', 'dark'] as const)('axe finds no fault in %s, with a form open', async (colorScheme) => {
    const { page } = owner
    const front = await open('frontdesk@lakeside.example')
    const { user } = await signIn(stack.origin, stack.origin, 'frontdesk@lakeside.example')
    await find(page, user.id)
    await page.emulateMedia({ colorScheme, reducedMotion: 'reduce' })
    await page.getByTestId(`end-all-${user.id}`).click()
    await page.getByTestId('end-form').waitFor()
    await page.waitForFunction(() => document.getAnimations().every(({ playState }) => playState !== 'running'))
    await page.evaluate(axe.source)
    const faults = await page.evaluate(async () => {
      const { violations } = await (window as unknown as { axe: typeof axe }).axe.run()
      return violations.flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
    })
    expect(faults).toEqual([])
    await page.keyboard.press('Escape')
    await front.close()
  })

  it('[OPS49] a node that does not answer is named, and the rest is shown', async () => {
    const { page } = owner
    const node = stack.nodes.find(({ name }) => name !== owner.node())!
    await node.kill('SIGSTOP')
    await page.getByTestId('connections-refresh').click()
    const note = await page.getByTestId('connections-silent').innerText()
    await node.kill('SIGCONT')
    expect(note).toContain(`One server did not answer (${node.name})`)
    expect(await page.getByRole('list', { name: 'People' }).innerText()).toContain('(you)')
  })
})
