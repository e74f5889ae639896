import type { AppointmentStatus, EventEnvelope, EventType } from '@derm/contract'
import { launchBrowser, startStack, waitUntil, type Stack } from '@derm/test-kit'
import type { Browser, Locator } from 'playwright-core'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { fullName } from './patients/patient-names.ts'
import { addDays, formatDate, formatMinutes, toInstant, todayIn } from './time/zone-time.ts'
import { openDesk, type Desk } from './testing/book-visits.ts'
import { openWindowsApart, type AppWindow } from './testing/open-window.ts'

let stack: Stack
let browser: Browser
let downtown: Desk
/** Who acts, and who looks on from another node. */
let front: AppWindow
let assistant: AppWindow
const visits: Record<'moved' | 'seen' | 'cancelled' | 'missed', string> = {
  moved: '',
  seen: '',
  cancelled: '',
  missed: '',
}

beforeAll(async () => {
  ;[stack, browser] = await Promise.all([startStack({ gateway: true, apis: 1, nodes: 2 }), launchBrowser()])
  downtown = await openDesk(stack, 'owner@lakeside.example', 'Lakeside Downtown')
  // A day that the seed leaves empty: nothing is on it but what these tests book.
  const date = addDays(todayIn(downtown.location.timeZone), 30)
  for (const [index, name] of (['moved', 'seen', 'cancelled', 'missed'] as const).entries())
    visits[name] = (await downtown.book(date, (9 + index) * 60)).id
  ;[front, assistant] = await openWindowsApart(
    browser,
    stack.origin,
    ['frontdesk@lakeside.example', 'ma@lakeside.example'],
    { location: downtown.location.id, date },
  )
  await assistant.page.evaluate(() => Object.assign(window, { marker: 'still the same page' }))
})
afterEach(async () => {
  expect(await assistant.page.evaluate(() => Reflect.get(window, 'marker') as unknown)).toBe('still the same page')
})
afterAll(async () => {
  await browser?.close()
  await stack?.stop()
})

/** The next event of the type has reached the one who looks on, who is told of it; the actor is not. */
async function expectTold(type: EventType, toast: string, id?: string): Promise<EventEnvelope> {
  await waitUntil(() => assistant.eventsOf(type, id).length === 1, { what: type })
  await assistant.showsToast(toast)
  expect(await front.countToasts(toast)).toBe(0)
  return assistant.eventsOf(type, id)[0]!
}

const inDrawer = (testId: string) => front.page.getByTestId(testId).click()
const openVisit = (id: string) => front.card(id).click()
async function closeVisit(): Promise<void> {
  await front.page.getByLabel('Close the appointment').click()
  await front.page.getByTestId('appointment-drawer').waitFor({ state: 'hidden' })
}
/** The change is on both boards, and glows on the one that did not make it. */
async function expectStatus(id: string, status: AppointmentStatus, type: EventType, toast: string): Promise<void> {
  await front.showsStatus(id, status)
  await assistant.showsStatus(id, status)
  const event = await expectTold(type, toast, id)
  expect(await assistant.glowOf(assistant.card(id))).toBe(event.id)
}
/** As a front desk does: by the record's number, and the one that is found. */
async function pickPatient(form: Locator): Promise<string> {
  const { id, mrn, lastName, firstName } = downtown.patients[5]!
  await form.getByTestId('patient-search').fill(mrn)
  await front.page.getByTestId(`patient-${id}`).click()
  return fullName({ lastName, firstName })
}

describe('an action on one screen is seen on the other', () => {
  it('create', async () => {
    await inDrawer('new-appointment')
    const dialog = front.page.getByRole('dialog')
    const name = await pickPatient(dialog)
    await dialog.getByTestId('slot-time').fill('15:00')
    await dialog.getByTestId('create-submit').click()
    await dialog.waitFor({ state: 'hidden' })
    const event = await expectTold('appointment:created', 'An appointment was booked')
    await assistant.showsStatus(event.subject.id, 'scheduled')
    expect(await assistant.card(event.subject.id).innerText()).toContain(name)
    expect(await assistant.card(event.subject.id).innerText()).toContain(formatMinutes(15 * 60))
    expect(await assistant.glowOf(assistant.card(event.subject.id))).toBe(event.id)
  })

  it('drag to another provider, an hour later', async () => {
    const { moved } = visits
    const [from, to] = downtown.providers.map(({ id }) => id)
    const at = (window: AppWindow, provider: string) =>
      window.page.locator(`[data-provider="${provider}"]`, { has: window.card(moved) })
    await at(assistant, from!).waitFor()
    const card = (await front.card(moved).boundingBox())!
    const column = (await front.page.locator(`[data-provider="${to}"]`).boundingBox())!
    // Half an hour is the card's height and the gap beneath it.
    const hour = (card.height + 2) * 2
    const { mouse } = front.page
    await mouse.move(card.x + card.width / 2, card.y + card.height / 2)
    await mouse.down()
    await mouse.move(column.x + column.width / 2, card.y + card.height / 2 + hour, { steps: 8 })
    await front.page.locator(`[data-provider="${to}"]`).getByText('10:00 AM –').waitFor()
    await mouse.up()

    await at(assistant, to!).waitFor()
    await assistant
      .card(moved)
      .getByText(formatMinutes(10 * 60))
      .waitFor()
    const event = await expectTold('appointment:rescheduled', 'An appointment was moved', moved)
    expect(await assistant.glowOf(assistant.card(moved))).toBe(event.id)
    await at(front, to!).waitFor()
  })

  it('confirm, check in, room, stage, complete', async () => {
    const { seen } = visits
    const room = downtown.location.rooms[2]!
    await openVisit(seen)
    await inDrawer('action-confirm')
    await expectStatus(seen, 'confirmed', 'appointment:confirmed', 'An appointment was confirmed')
    await inDrawer('action-check-in')
    await expectStatus(seen, 'checked_in', 'appointment:checkedin', 'A patient was checked in')
    await inDrawer('action-room')
    await front.page.getByLabel(room.name, { exact: true }).check()
    await inDrawer('room-form-submit')
    await expectStatus(seen, 'roomed', 'appointment:roomed', 'A patient was roomed')
    expect(await assistant.card(seen).innerText()).toContain(room.name)
    await inDrawer('stage-with_provider')
    const stage = await expectTold('appointment:stage_changed', 'A visit went on', seen)
    await assistant.card(seen).getByText('With provider').waitFor()
    expect(await assistant.glowOf(assistant.card(seen))).toBe(stage.id)
    await inDrawer('action-complete')
    await expectStatus(seen, 'completed', 'appointment:completed', 'An appointment was completed')
    await closeVisit()
  })

  it('cancel, with its reason', async () => {
    const { cancelled } = visits
    await openVisit(cancelled)
    await inDrawer('action-cancel')
    await front.page.getByTestId('cancel-code').selectOption('illness')
    await inDrawer('cancel-form-submit')
    await expectStatus(cancelled, 'cancelled', 'appointment:cancelled', 'An appointment was cancelled')
    await closeVisit()
    await assistant.card(cancelled).click()
    await assistant.page.getByTestId('appointment-drawer').getByText('Illness').waitFor()
    await assistant.page.getByLabel('Close the appointment').click()
    await assistant.page.getByTestId('appointment-drawer').waitFor({ state: 'hidden' })
  })

  it('no-show', async () => {
    await openVisit(visits.missed)
    await inDrawer('action-no-show')
    await expectStatus(visits.missed, 'no_show', 'appointment:noshow', 'A patient did not come')
    await closeVisit()
  })

  it('waitlist: add, offer a slot, take off', async () => {
    for (const { page } of [front, assistant]) {
      await page.getByTestId('open-waitlist').click()
      await page.getByTestId('waitlist-add').waitFor()
    }
    await inDrawer('waitlist-add')
    const name = await pickPatient(front.page.getByTestId('waitlist-form'))
    await inDrawer('waitlist-form-submit')
    const added = await expectTold('waitlist:added', 'Someone was put on the waitlist')
    const { id } = added.subject
    const entry = assistant.page.getByTestId(`waitlist-${id}`)
    await entry.getByText(name).waitFor()
    expect(await entry.getAttribute('data-status-value')).toBe('waiting')
    expect(await assistant.glowOf(entry)).toBe(added.id)

    await inDrawer(`offer-${id}`)
    await front.page.getByTestId('offer-form').getByTestId('slot-time').fill('16:00')
    await inDrawer('offer-form-submit')
    const offered = await expectTold('waitlist:slot_offered', 'A slot was offered from the waitlist', id)
    await entry.getByText(/^Offered: .*4:00 PM/).waitFor()
    expect(await entry.getAttribute('data-status-value')).toBe('offered')
    expect(await assistant.glowOf(entry)).toBe(offered.id)

    await inDrawer(`remove-${id}`)
    await front.page.getByTestId('removal-code').selectOption('unreachable')
    await inDrawer('remove-form-submit')
    await expectTold('waitlist:removed', 'Someone was taken off the waitlist', id)
    await entry.waitFor({ state: 'detached' })
  })
})

it('[SCH5] a board that is open over the location’s midnight shows the new day', async () => {
  const { timeZone, id } = downtown.location
  const today = todayIn(timeZone)
  const tomorrow = addDays(today, 1)
  const page = await front.page.context().newPage()
  await page.clock.install({ time: Date.parse(toInstant({ date: tomorrow, minutes: 0 }, timeZone)) - 60_000 })
  await page.goto(`${stack.origin}/schedule?location=${id}`)
  await page.getByText(formatDate(today)).first().waitFor()
  await page.clock.runFor(121_000)
  await page.getByText(formatDate(tomorrow)).first().waitFor()
  await page.close()
})
