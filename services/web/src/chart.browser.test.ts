import { launchBrowser, startStack, waitUntil, type Stack } from '@derm/test-kit'
import type { Browser } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addDays, todayIn } from './time/zone-time.ts'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { openWindowsApart, type AppWindow } from './testing/open-window.ts'

let stack: Stack
let browser: Browser
let desk: Desk
/** The front desk sees balances and no allergies; the medical assistant allergies and no balances. */
let front: AppWindow
let assistant: AppWindow

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 2 }), launchBrowser()])
  desk = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  ;[front, assistant] = await openWindowsApart(
    browser,
    stack.origin,
    ['frontdesk@lakeside.example', 'ma@lakeside.example'],
    { location: desk.location.id, date: addDays(todayIn(desk.location.timeZone), 30) },
  )
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

async function openChart({ page }: AppWindow, mrn: string): Promise<void> {
  await page.getByTestId('nav-patients').click()
  await page.getByTestId('patients-search').fill(mrn)
  await page.getByTestId('patients-search').press('Enter')
  await page.getByTestId('chart-header').getByText(mrn).waitFor()
}
const openBoth = (mrn: string) => Promise.all([openChart(front, mrn), openChart(assistant, mrn)])
const section = ({ page }: AppWindow, name: string) => page.getByTestId(name)

describe('a chart on two screens', () => {
  it('insurance: added, verified and answered in turns, and each sees the other’s step glow', async () => {
    await openBoth(desk.patients[10]!.mrn)
    await front.page.getByTestId('add-coverage').click()
    for (const [field, text] of [
      ['payerName', 'Quillfeather Mutual'],
      ['memberId', 'HM-2207'],
      ['effectiveFrom', '2026-01-01'],
    ] as const)
      await front.page.getByTestId(`coverage-${field}`).fill(text)
    await front.page.getByTestId('coverage-rank').selectOption('tertiary')
    await front.page.getByTestId('coverage-form-submit').click()
    const entry = section(assistant, 'coverages').locator('article', { hasText: 'Quillfeather Mutual' })
    await entry.waitFor()
    await waitUntil(() => assistant.eventsOf('patient:insurance_updated').length === 1, { what: 'the event' })
    const [added] = assistant.eventsOf('patient:insurance_updated')
    const { id } = added!.subject
    expect(await assistant.glowOf(assistant.page.getByTestId(`coverage-${id}`))).toBe(added!.id)

    await front.page.getByTestId(`verify-${id}`).click()
    await assistant.page.getByTestId(`record-${id}`).click()
    await assistant.page.getByTestId('outcome-active').click()
    const answered = front.page.locator(`[data-testid="eligibility-${id}"][data-status="active"]`)
    await answered.getByText('Checked today').waitFor()
  })

  it('allergies: on the strip at once, gone from it when they were an error; the front desk hears nothing of them', async () => {
    await openBoth(desk.patients[11]!.mrn)
    const strip = assistant.page.getByTestId('allergy-strip')
    await assistant.page.getByTestId('add-allergy').click()
    await assistant.page.getByTestId('allergy-substance').fill('Quillwort balm')
    await assistant.page.getByTestId('allergy-severity').selectOption('severe')
    await assistant.page.getByTestId('allergy-form-submit').click()
    await strip.getByText('Quillwort balm').waitFor()
    await waitUntil(() => assistant.eventsOf('patient:allergy_updated').length === 1, { what: 'the event' })
    const { id } = assistant.eventsOf('patient:allergy_updated')[0]!.subject
    await assistant.page.getByTestId(`in-error-allergy-${id}`).click()
    await assistant.page.getByTestId('in-error-form-submit').click()
    await strip.getByText('Quillwort balm').waitFor({ state: 'detached' })
    await section(assistant, 'allergies').getByText('Entered in error').waitFor()

    expect(await front.page.getByTestId('allergy-strip').count()).toBe(0)
    expect(await section(front, 'allergies').count()).toBe(0)
    expect(front.frames.filter((frame) => frame.includes(id))).toEqual([])
  })

  it('flags and documents appear on the other screen', async () => {
    await openBoth(desk.patients[12]!.mrn)
    await front.page.getByTestId('chart-menu').click()
    await front.page.getByTestId('edit-flags').click()
    await front.page.getByTestId('flag-wheelchair').check()
    await front.page.getByTestId('flags-form-submit').click()
    await assistant.page.getByTestId('chart-flags').getByText('Wheelchair').waitFor()
    await assistant.page.getByTestId('add-document').click()
    await assistant.page.getByTestId('document-title').fill('Referral from Dr. Osei')
    await assistant.page.getByTestId('document-form-submit').click()
    await section(front, 'documents').getByText('Referral from Dr. Osei').waitFor()
  })

  it('a copay lowers the balance; who may not see balances sees none', async () => {
    await openBoth(desk.patients[13]!.mrn)
    await front.page.getByTestId('take-copay').click()
    await front.page.getByTestId('copay-amount').fill('90000')
    await front.page.getByTestId('copay-form-submit').click()
    await front.page.getByTestId('balance').getByText('Credit').waitFor()
    expect(await assistant.page.getByTestId('balance').count()).toBe(0)
  })

  it('a chart that is merged while it is open elsewhere leads to the one that goes on', async () => {
    const [kept, given] = [desk.patients[14]!, desk.patients[15]!]
    await openChart(assistant, given.mrn)
    await openChart(front, kept.mrn)
    await front.page.getByTestId('chart-menu').click()
    await front.page.getByTestId('merge-chart').click()
    await front.page.getByTestId('patient-search').fill(given.mrn)
    await front.page.getByTestId(`patient-${given.id}`).click()
    await front.page.getByTestId(`keep-${kept.id}`).check()
    await front.page.getByTestId('merge-sure').check()
    await front.page.getByTestId('merge-confirm').click()
    await front.page.getByTestId('chart-header').getByText(kept.mrn).waitFor()
    await assistant.page.getByTestId('merged-notice').getByRole('link').click()
    await assistant.page.getByTestId('chart-header').getByText(kept.mrn).waitFor()
  })

  it('a new patient is registered and its chart opened', async () => {
    await front.page.getByTestId('nav-patients').click()
    await front.page.getByTestId('new-patient').click()
    for (const [field, text] of [
      ['firstName', 'Wilhelmina'],
      ['lastName', 'Quartermaine'],
      ['dateOfBirth', '1971-05-04'],
    ] as const)
      await front.page.getByTestId(`patient-${field}`).fill(text)
    await front.page.getByTestId('new-patient-form-submit').click()
    await front.page.getByTestId('chart-name').getByText('Quartermaine, Wilhelmina').waitFor()
  })
})
