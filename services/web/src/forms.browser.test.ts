import type { Account, Appointment, Patient, WaitlistEntry } from '@derm/contract'
import { launchBrowser, startStack, waitUntil, type Stack } from '@derm/test-kit'
import type { Browser, Page, Route } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { openWindow, type AppWindow } from './testing/open-window.ts'
import { addDays, todayIn, toInstant } from './time/zone-time.ts'

let stack: Stack
let browser: Browser
let desk: Desk
let date: string
let owner: AppWindow
let page: Page

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 1 }), launchBrowser()])
  desk = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  date = addDays(todayIn(desk.location.timeZone), 30)
  owner = await openWindow(browser, stack.origin, { email: 'owner@lakeside.example', location: desk.location.id, date })
  page = owner.page
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})
afterEach(() => page.unrouteAll({ behavior: 'ignoreErrors' }))

const show = async (url: string) => {
  await page.goto(`${stack.origin}${url}`)
  await page.locator('[data-testid="realtime-indicator"] [data-status="live"]').waitFor()
}
const showDay = () => show(`/schedule?location=${desk.location.id}&date=${date}`)
const inPage = (testId: string) => page.getByTestId(testId)
/** Answers nothing until it is let go. */
function hold(url: string): { reached: Promise<Route> } {
  const reached = new Promise<Route>((resolve) => void page.route(url, (route) => resolve(route)))
  return { reached }
}
/** The server does what is asked, and the answer never comes: once. */
async function loseAnswer(url: string): Promise<void> {
  await page.route(
    url,
    async (route) => {
      await route.fetch()
      await route.abort()
    },
    { times: 1 },
  )
}
const addToWaitlist = (patientId: string) =>
  desk.change<WaitlistEntry>('/waitlist', {
    locationId: desk.location.id,
    patientId,
    providerId: null,
    type: 'follow_up',
    earliestDate: date,
    latestDate: null,
  })
const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')

describe('a visit that somebody else changes while it is open', () => {
  it('moved to another day: what was typed stays, and is saved', async () => {
    const { id, version } = await desk.book(date, 9 * 60)
    await showDay()
    await owner.card(id).click()
    await inPage('action-edit').click()
    await inPage('edit-note').fill('brings a list of medicines')
    const at = (minutes: number) => toInstant({ date: addDays(date, 1), minutes }, desk.location.timeZone)
    const { reached } = hold(`**/appointments/${id}`)
    await desk.change(
      `/appointments/${id}/reschedule`,
      { providerId: desk.providers[0]!.id, startsAt: at(540), endsAt: at(570) },
      { version },
    )
    await owner.card(id).waitFor({ state: 'detached' })
    const route = await reached
    expect(await inPage('edit-note').inputValue()).toBe('brings a list of medicines')
    await route.continue()
    await page.unrouteAll()
    await inPage('edit-form-submit').click()
    await page.getByText('Someone else changed it').waitFor()
    expect(await inPage('edit-note').inputValue()).toBe('brings a list of medicines')
    await inPage('edit-form-submit').click()
    await inPage('edit-form').waitFor({ state: 'detached' })
    await inPage('appointment-drawer').getByText('brings a list of medicines').waitFor()
  })

  it('changed in a way that was not seen: cancelling it is refused, and then asked again', async () => {
    const { id, version } = await desk.book(date, 10 * 60)
    await showDay()
    await owner.card(id).click()
    await inPage('action-cancel').click()
    await desk.change(`/appointments/${id}`, { note: 'came from far away' }, { method: 'PATCH', version })
    await inPage('appointment-drawer').getByText('came from far away').waitFor()
    await inPage('cancel-form-submit').click()
    await page.getByRole('button', { name: 'Cancel it anyway' }).waitFor()
    await owner.showsStatus(id, 'scheduled')
    await inPage('cancel-form-submit').click()
    await owner.showsStatus(id, 'cancelled')
  })

  it('changed while a room is chosen, or a slot offered: refused, shown, and asked again', async () => {
    const { id, version } = await desk.book(date, 10 * 60 + 30)
    const { version: arrived } = await desk.change<Appointment>(`/appointments/${id}/check-in`, {}, { version })
    await showDay()
    await owner.card(id).click()
    await inPage('action-room').click()
    await desk.change(`/appointments/${id}`, { note: 'needs the wide door' }, { method: 'PATCH', version: arrived })
    await inPage('appointment-drawer').getByText('needs the wide door').waitFor()
    await inPage('room-form-submit').click()
    await page.getByRole('button', { name: 'To this room anyway' }).click()
    await owner.showsStatus(id, 'roomed')

    const entry = await addToWaitlist(desk.patients[11]!.id)
    await showDay()
    await inPage('open-waitlist').click()
    await inPage(`offer-${entry.id}`).click()
    await inPage('offer-form').getByTestId('slot-time').fill('16:00')
    const at = (minutes: number) => toInstant({ date, minutes }, desk.location.timeZone)
    const slot = { providerId: desk.providers[1]!.id, startsAt: at(900), endsAt: at(930) }
    await desk.change(`/waitlist/${entry.id}/offer`, slot, { version: entry.version })
    await inPage(`waitlist-${entry.id}`)
      .getByText(/^Offered:/)
      .waitFor()
    await inPage('offer-form-submit').click()
    await page.getByRole('button', { name: 'Offer it anyway' }).click()
    await inPage('offer-form').waitFor({ state: 'detached' })
    await inPage(`waitlist-${entry.id}`)
      .getByText(/4:00 PM/)
      .waitFor()
    expect(await inPage('entry-gone').count()).toBe(0)
  })

  it('taken off the waitlist while a slot is offered: it says so, and the waitlist can be closed', async () => {
    const { id, version } = await addToWaitlist(desk.patients[12]!.id)
    await showDay()
    await inPage('open-waitlist').click()
    await inPage(`offer-${id}`).click()
    await inPage('offer-form').getByTestId('slot-time').fill('16:00')
    await desk.change(`/waitlist/${id}/remove`, { code: 'unreachable' }, { version })
    await inPage('entry-gone').waitFor()
    await inPage('entry-gone').getByRole('button', { name: 'Dismiss' }).click()
    await page.keyboard.press('Escape')
    await inPage('waitlist-drawer').waitFor({ state: 'hidden' })
  })

  it('a refusal that comes after the drawer was closed is told all the same', async () => {
    const { id } = await desk.book(date, 11 * 60)
    await showDay()
    await owner.card(id).click()
    const { reached } = hold(`**/appointments/${id}/check-in`)
    await inPage('action-check-in').click()
    const route = await reached
    await page.getByLabel('Close the appointment').click()
    await inPage('appointment-drawer').waitFor({ state: 'hidden' })
    await route.fulfill({ status: 409, json: { code: 'invalid_transition', title: 'x', status: 409 } })
    await page.getByRole('alert').getByText('was not saved').waitFor()
    await owner.showsStatus(id, 'scheduled')
  })

  it('leaving the location by Back closes it', async () => {
    const north = await openDesk(stack, 'owner@lakeside.example', 'Lakeside North')
    const { id } = await north.book(date, 9 * 60)
    await showDay()
    await inPage('location').selectOption(north.location.id)
    await owner.card(id).click()
    await inPage('drawer-patient').waitFor()
    await page.goBack()
    await page.waitForURL(`**location=${desk.location.id}**`)
    await inPage('appointment-drawer').waitFor({ state: 'detached' })
  })
})

describe('a patient is never chosen by chance', () => {
  it('Enter chooses only what the arrows have marked, and nothing that earlier words found', async () => {
    const [first, second] = [desk.patients[3]!, desk.patients[4]!]
    await showDay()
    await inPage('new-appointment').click()
    const field = inPage('patient-search')
    await field.fill(first.mrn)
    await inPage(`patient-${first.id}`).waitFor()
    await field.press('Enter')
    await page.getByText('Choose a patient from the list').waitFor()
    await field.press('ArrowDown')
    const marked = await field.getAttribute('aria-activedescendant')
    expect(await inPage(`patient-${first.id}`).getAttribute('id')).toBe(marked)

    const { reached } = hold('**/patients/search')
    await field.fill(second.mrn)
    const route = await reached
    await field.press('ArrowDown')
    await field.press('Enter')
    expect(await field.inputValue()).toBe(second.mrn)
    await route.continue()
    await page.unrouteAll()
    await inPage(`patient-${second.id}`).waitFor()
    await field.press('ArrowDown')
    await field.press('Enter')
    await page.getByText(`MRN ${second.mrn}`).waitFor()
    await page.getByRole('dialog').getByRole('button', { name: 'Close' }).last().click()
  })
})

describe('an answer that is lost', () => {
  it('of a copay: taken again, it is one payment', async () => {
    const { id } = desk.patients[6]!
    const account = await desk.change<Account>('/accounts', { patientId: id })
    await show(`/patients/${id}`)
    await inPage('take-copay').click()
    await inPage('copay-amount').fill('25')
    await loseAnswer('**/copay')
    await inPage('copay-form-submit').click()
    await inPage('form-error').waitFor()
    const paid = page.waitForResponse('**/copay')
    await inPage('copay-form-submit').click()
    expect((await paid).headers()['idempotent-replayed']).toBe('true')
    await inPage('copay-form').waitFor({ state: 'detached' })
    const rows = await stack.query<{ balance_cents: number }>('SELECT balance_cents FROM accounts WHERE id = $1', [
      account.id,
    ])
    expect(Number(rows[0]!.balance_cents)).toBe(account.balanceCents - 2500)
  })

  it('of a registration: sent again, it is one patient', async () => {
    await show('/patients')
    await inPage('new-patient').click()
    await inPage('new-patient-form-submit').click()
    // A refused submit leads to the first field that is wrong.
    await waitUntil(
      () => page.evaluate(() => document.activeElement?.getAttribute('data-testid') === 'patient-firstName'),
      {
        what: 'the focus in the first wrong field',
      },
    )
    for (const [field, text] of [
      ['firstName', 'Perpetua'],
      ['lastName', 'Quillfeather'],
      ['dateOfBirth', '1971-05-04'],
    ] as const)
      await inPage(`patient-${field}`).fill(text)
    await loseAnswer('**/api/v1/patients')
    await inPage('new-patient-form-submit').click()
    await inPage('form-error').waitFor()
    await inPage('new-patient-form-submit').click()
    await inPage('chart-name').getByText('Quillfeather, Perpetua').waitFor()
    const rows = await stack.query(`SELECT 1 FROM patients WHERE last_name = 'Quillfeather'`)
    expect(rows.length).toBe(1)
  })

  it('of a form that was closed before: the failure is told', async () => {
    await show(`/patients/${desk.patients[7]!.id}`)
    await inPage('add-document').click()
    await inPage('document-title').fill('Referral')
    const { reached } = hold('**/api/v1/documents')
    await inPage('document-form-submit').click()
    const route = await reached
    await inPage('document-form').getByRole('button', { name: 'Back' }).click()
    await inPage('document-form').waitFor({ state: 'detached' })
    await route.abort()
    await page.getByRole('alert').getByText('A change was perhaps not saved').waitFor()
  })

  it('of what is owed: the form says so, and “Taken” asks again', async () => {
    const { id } = desk.patients[7]!
    await page.route('**/accounts?**', (route) =>
      route.fulfill({ status: 403, json: { code: 'rate_limited', title: 'x', status: 403 } }),
    )
    await show(`/patients/${id}`)
    await inPage('take-copay').click()
    await inPage('copay-form').getByTestId('form-error').waitFor()
  })
})

describe('forms and the keyboard', () => {
  it('Escape in a form of the waitlist goes back from the form, not from the waitlist', async () => {
    await showDay()
    await inPage('open-waitlist').click()
    await inPage('waitlist-add').click()
    const field = inPage('waitlist-form').getByTestId('patient-search')
    await field.fill(desk.patients[3]!.mrn)
    await inPage(`patient-${desk.patients[3]!.id}`).waitFor()
    // The first closes the list of names.
    await field.press('Escape')
    await inPage('waitlist-form').waitFor()
    await inPage('waitlist-form').getByLabel('Note').fill('mornings only')
    await page.mouse.click(200, 450)
    await inPage('waitlist-form').waitFor()
    await inPage('waitlist-form').getByLabel('Note').press('Escape')
    await inPage('waitlist-form').waitFor({ state: 'detached' })
    await inPage('waitlist-add').waitFor()
    await waitUntil(async () => (await focused()).includes('Waitlist'), { what: 'the focus in the waitlist' })
    await page.keyboard.press('Escape')
    await inPage('waitlist-drawer').waitFor({ state: 'hidden' })
  })

  it('a section’s form gives the focus back to the section', async () => {
    await show(`/patients/${desk.patients[8]!.id}`)
    await inPage('add-document').click()
    await inPage('document-title').fill('Referral')
    await inPage('document-form-submit').click()
    await inPage('document-form').waitFor({ state: 'detached' })
    await waitUntil(async () => (await focused()) === 'Documents', { what: 'the focus on the heading' })
  })
})

describe('a chart that was merged', () => {
  it('shows who it was and where it goes on, and of nothing that there is none', async () => {
    const [kept, given] = [desk.patients[9]!, desk.patients[10]!]
    const { version } = await desk.change<Patient>(
      `/patients/${given.id}/flag`,
      { flags: ['wheelchair'] },
      { version: 1 },
    )
    await show(`/patients/${kept.id}/merge`)
    await inPage('patient-search').fill(given.mrn)
    await inPage(`patient-${given.id}`).click()
    await inPage(`keep-${kept.id}`).check()
    await inPage('merge-sure').check()
    // Changed after it was compared: it is to be compared anew.
    const changed = await desk.change<Patient>(
      `/patients/${given.id}`,
      { firstName: 'Zebulon' },
      { method: 'PATCH', version },
    )
    await inPage('merge-comparison').getByText('Zebulon').waitFor()
    expect(await inPage('merge-sure').isChecked()).toBe(false)
    expect(await inPage('merge-confirm').isDisabled()).toBe(true)

    await desk.change(`/patients/${given.id}/merge`, { intoId: kept.id }, { version: changed.version })
    await show(`/patients/${given.id}`)
    await inPage('merged-notice').waitFor()
    await inPage('demographics').waitFor()
    for (const part of ['allergy-strip', 'allergies', 'coverages', 'documents', 'balance'])
      expect(await inPage(part).count(), part).toBe(0)
    await inPage('merged-notice').getByRole('link').click()
    await inPage('allergies').waitFor()
    await inPage('add-document').waitFor()
  })
})
