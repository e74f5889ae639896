import { launchBrowser, startStack, waitUntil, type Stack } from '@derm/test-kit'
import type { Browser, Page } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatBirthDate, fullName } from './patients/patient-names.ts'
import { addDays, todayIn } from './time/zone-time.ts'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { openWindowsApart, type AppWindow } from './testing/open-window.ts'

let stack: Stack
let browser: Browser
let desk: Desk
/** Two people of one practice, on two nodes. */
let front: AppWindow
let assistant: AppWindow
const urls: string[] = []

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 2 }), launchBrowser()])
  desk = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  ;[front, assistant] = await openWindowsApart(
    browser,
    stack.origin,
    ['frontdesk@lakeside.example', 'ma@lakeside.example'],
    { location: desk.location.id, date: addDays(todayIn(desk.location.timeZone), 30) },
  )
  front.page.on('request', (request) => urls.push(request.url()))
  front.page.on('framenavigated', (frame) => urls.push(frame.url()))
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

const search = (page: Page) => page.getByTestId('patients-search')
async function openChart({ page }: AppWindow, mrn: string): Promise<void> {
  await page.getByTestId('nav-patients').click()
  await search(page).fill(mrn)
  await search(page).press('Enter')
  await page.getByTestId('chart').waitFor()
}
const field = ({ page }: AppWindow, name: string) => page.getByTestId(`patient-${name}`)
const save = ({ page }: AppWindow) => page.getByTestId('patient-form-submit').click()
const glowOf = ({ page }: AppWindow) =>
  page.locator('.derm-highlight', { has: page.getByTestId('chart-header') }).getAttribute('data-updated')

describe('the way to a chart', () => {
  it('by keyboard alone: to the screen, into the list by arrows, into the chart and to its content', async () => {
    const { page } = front
    await page.getByTestId('nav-patients').focus()
    await page.keyboard.press('Enter')
    await search(page).waitFor()
    expect(await page.getByTestId('nav-patients').getAttribute('aria-current')).toBe('page')
    expect(await page.getByTestId('nav-schedule').getAttribute('aria-current')).toBeNull()
    // The field has the focus: no click is needed.
    const wanted = desk.patients[3]!
    await page.keyboard.type(wanted.lastName.slice(0, 1))
    await page.getByText(/^The first 20|patients? found/).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowDown')
    const focused = page.locator('a:focus')
    const name = await focused.locator('span').first().innerText()
    await page.keyboard.press('Enter')
    await page.getByTestId('chart').waitFor()
    expect(await page.getByTestId('chart-name').innerText()).toBe(name)
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('main')
    expect(await page.getByTestId('nav-patients').getAttribute('aria-current')).toBe('page')
  })

  it('by the record number and Enter, however fast; and it is listed as opened in this session', async () => {
    const patient = desk.patients[5]!
    await openChart(front, patient.mrn)
    const header = front.page.getByTestId('chart-header')
    expect(await header.innerText()).toContain(fullName(patient))
    expect(await header.innerText()).toContain(formatBirthDate(patient.dateOfBirth))
    await front.page.getByTestId('nav-patients').click()
    await search(front.page).fill('')
    await front.page.getByRole('region', { name: 'Opened in this session' }).getByText(fullName(patient)).waitFor()
  })

  it('no url says what was searched for', async () => {
    const patient = desk.patients[5]!
    expect(urls.some((url) => url.includes('/patients/search'))).toBe(true)
    for (const word of [patient.mrn, patient.lastName, patient.firstName])
      expect(urls.filter((url) => decodeURIComponent(url).toLowerCase().includes(word.toLowerCase()))).toEqual([])
  })

  it('from an appointment, and back to the same day', async () => {
    const { page } = front
    await page.getByTestId('nav-schedule').click()
    await page.getByTestId('new-appointment').waitFor()
    const before = page.url()
    expect(before).toContain(`location=${desk.location.id}`)
    const visit = await desk.book(new URL(before).searchParams.get('date')!, 10 * 60)
    await front.card(visit.id).click()
    await page.getByTestId('open-chart').click()
    await page.getByTestId('chart').waitFor()
    expect(await page.getByTestId('chart-name').innerText()).toBe(fullName(visit.patient))
    await page.getByTestId('nav-schedule').click()
    await front.card(visit.id).waitFor()
    expect(page.url()).toBe(before)
  })
})

describe('two people at one chart', () => {
  it('what one saves appears to the other, and glows', async () => {
    const { mrn, id } = desk.patients[6]!
    await openChart(front, mrn)
    await openChart(assistant, mrn)
    await front.page.getByTestId('edit-demographics').click()
    await field(front, 'phone').fill('(312) 555-0142')
    await save(front)
    await assistant.page.getByText('(312) 555-0142').waitFor()
    await waitUntil(() => assistant.eventsOf('patient:updated', id).length === 1, { what: 'the event' })
    expect(await glowOf(assistant)).toBe(assistant.eventsOf('patient:updated', id)[0]!.id)
    await assistant.showsToast('A patient’s record was changed')
    expect(await front.countToasts('A patient’s record was changed')).toBe(0)
  })

  it('a field that one is typing into keeps what was typed and shows the other’s; the other fields follow', async () => {
    const { mrn } = desk.patients[7]!
    await openChart(front, mrn)
    await openChart(assistant, mrn)
    await assistant.page.getByTestId('edit-demographics').click()
    await field(assistant, 'phone').fill('(312) 555-0100')

    await front.page.getByTestId('edit-demographics').click()
    await field(front, 'phone').fill('(312) 555-0111')
    await field(front, 'email').fill('new@patients.example')
    await save(front)

    const note = assistant.page.getByTestId('conflict-phone')
    await note.getByText('(312) 555-0111').waitFor()
    await assistant.page.getByTestId('conflict-notice').waitFor()
    expect(await field(assistant, 'phone').inputValue()).toBe('(312) 555-0100')
    expect(await field(assistant, 'email').inputValue()).toBe('new@patients.example')
    await save(assistant)
    await assistant.page.getByTestId('patient-form').waitFor({ state: 'detached' })
    await front.page.getByText('(312) 555-0100').waitFor()
    // Saving one field has not undone the other.
    expect(await front.page.getByTestId('demographics').innerText()).toContain('new@patients.example')
  })

  it('the other’s version can be taken instead', async () => {
    const { mrn } = desk.patients[8]!
    await openChart(front, mrn)
    await openChart(assistant, mrn)
    await assistant.page.getByTestId('edit-demographics').click()
    await field(assistant, 'phone').fill('(312) 555-0100')
    await front.page.getByTestId('edit-demographics').click()
    await field(front, 'phone').fill('(312) 555-0122')
    await save(front)
    await assistant.page.getByRole('button', { name: 'Take theirs' }).click()
    expect(await field(assistant, 'phone').inputValue()).toBe('(312) 555-0122')
    expect(await assistant.page.getByTestId('conflict-notice').count()).toBe(0)
  })
})
