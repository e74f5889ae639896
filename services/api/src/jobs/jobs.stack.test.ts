import { SYSTEM_USER_ID } from '@derm/contract'
import { getSeedIds } from '@derm/database'
import { connectClient, signIn, startStack, waitUntil, type Stack } from '@derm/test-kit'
import { afterAll, beforeAll, expect, it } from 'vitest'

const { lakeside } = getSeedIds()
const place = lakeside.locations['downtown']!
const FROZEN = { FAULT_JOB_PAUSE_BEFORE_COMMIT: '600000' }
let stack: Stack
beforeAll(async () => {
  stack = await startStack({ apis: 2, nodes: 1, env: { JOBS_EVERY_MS: '200' } })
})
afterAll(() => stack?.stop())

/** Entries whose offer has run out. @returns their ids. */
async function makeDue(count: number): Promise<string[]> {
  const entries = Array.from({ length: count }, (_, n) => ({
    id: crypto.randomUUID(),
    patientId: lakeside.patientIds[n],
  }))
  await stack.query(
    `INSERT INTO waitlist_entries (id, tenant_id, version, location_id, patient_id, type, status, earliest_date, updated_at,
       offer_provider_id, offer_starts_at, offer_ends_at, offer_expires_at)
     SELECT e.id, $2, 2, $3, e."patientId", 'skin_check', 'offered', '2026-01-01', now(),
       $4, now() + interval '1 day', now() + interval '25 hours', now() - interval '1 second'
     FROM json_to_recordset($1) AS e (id uuid, "patientId" uuid)`,
    [JSON.stringify(entries), lakeside.tenantId, place.id, place.providerIds[0]],
  )
  return entries.map(({ id }) => id)
}

const readStatuses = (ids: string[]) =>
  stack.query<{ status: string; version: number }>('SELECT status, version FROM waitlist_entries WHERE id = ANY ($1)', [
    ids,
  ])
const countWaiting = async (ids: string[]) =>
  (await readStatuses(ids)).filter(({ status }) => status === 'waiting').length
const whenWaiting = (ids: string[], count: number) =>
  waitUntil(async () => (await countWaiting(ids)) >= count, {
    what: `${count} entries to wait again`,
    timeoutMs: 40_000,
  })

/** Each once: in its row's version, in the events, in the audit log. */
async function expectOnce(ids: string[]): Promise<void> {
  expect(await readStatuses(ids)).toEqual(ids.map(() => ({ status: 'waiting', version: 3 })))
  const events = await stack.query(
    `SELECT body::json -> 'subject' ->> 'id' AS id FROM events WHERE type = 'waitlist:offer_ended'`,
  )
  expect(events.filter(({ id }) => ids.includes(String(id)))).toHaveLength(ids.length)
  const audits = await stack.query('SELECT actor_id FROM audit_log WHERE subject_id = ANY ($1)', [ids])
  expect(audits).toEqual(ids.map(() => ({ actor_id: SYSTEM_USER_ID })))
}

/** Pod 1 alone, holding one row between its effect and its commit. */
async function holdOne(count: number, env: Record<string, string>): Promise<string[]> {
  const [first, second] = stack.apis
  await Promise.all([first!.stop(), second!.stop()])
  const pauses = () => stack.lines().filter((line) => line.includes('job paused before its commit')).length
  const before = pauses()
  first!.start(env)
  await first!.whenReady()
  const ids = await makeDue(count)
  await waitUntil(async () => pauses() > before, { what: 'the pod to hold a row', timeoutMs: 20_000 })
  return ids
}

it('[JOB1] two pods do each due row once, and everybody hears of it', async () => {
  const { origin } = stack
  const { accessToken } = await signIn(stack.apis[0]!.url, origin, lakeside.users['frontdesk']!.email)
  const client = await connectClient({ url: stack.nodes[0]!.url, origin, token: accessToken })
  try {
    await client.subscribe([{ topic: 'scheduling', location: place.id }])
    const ids = await makeDue(30)
    await waitUntil(async () => client.events.length >= 30, { what: 'the events to arrive', timeoutMs: 20_000 })
    expect(client.events.map(({ subject }) => subject.id).toSorted()).toEqual(ids.toSorted())
    expect(new Set(client.events.map(({ type, actorId }) => `${type} ${actorId}`))).toEqual(
      new Set([`waitlist:offer_ended ${SYSTEM_USER_ID}`]),
    )
    await expectOnce(ids)
  } finally {
    client.socket.disconnect()
  }
})

it('[JOB1] a pod that is killed between claim and commit leaves nothing: another does it, once', async () => {
  const ids = await holdOne(4, FROZEN)
  await stack.apis[0]!.kill('SIGKILL')
  expect(await countWaiting(ids)).toBe(0)
  stack.apis[1]!.start()
  await whenWaiting(ids, 4)
  await expectOnce(ids)
})

it('[JOB1] a pod that freezes holds up one row, until Postgres ends its transaction; what it does later counts for nothing', async () => {
  const ids = await holdOne(4, FROZEN)
  const [frozen, other] = stack.apis
  await frozen!.kill('SIGSTOP')
  other!.start()
  await whenWaiting(ids, 3)
  await whenWaiting(ids, 4)
  await frozen!.kill('SIGCONT')
  await expectOnce(ids)
  await frozen!.stop()
  await expectOnce(ids)
})

it('[JOB3] a pod that is told to end finishes the row that it has taken', async () => {
  const ids = await holdOne(3, { FAULT_JOB_PAUSE_BEFORE_COMMIT: '1500' })
  await stack.apis[0]!.stop()
  expect(stack.apis[0]!.lastExit).toEqual({ code: 0, signal: null })
  const done = await countWaiting(ids)
  expect(done).toBeGreaterThanOrEqual(1)
  stack.apis[1]!.start()
  await whenWaiting(ids, 3)
  await expectOnce(ids)
})
