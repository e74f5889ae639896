import { event } from '@derm/contract'
import { beforeAll, expect, it } from 'vitest'
import { fullTx, type Change } from './change.ts'
import { ids, useTestPod } from './testing/test-pod.ts'
import { runChange, type ChangeRequest } from './transaction.ts'

const pod = useTestPod()
const tenantId = ids.lakeside.tenantId
const patients = ids.lakeside.patientIds.slice(0, 3)
let request: Omit<ChangeRequest, 'idempotency'>

beforeAll(async () => {
  const { accessToken } = await pod.signIn('owner@lakeside.example')
  const token = await pod.pod.api.verifier.verify(accessToken)
  request = {
    token,
    source: { requestId: 'test', address: null },
    turn: { tenant: tenantId, user: 'test' },
    traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    emits: ['patient:updated'],
  }
})

const lock = (change: Change, id: string) =>
  fullTx(change).$queryRaw`SELECT id FROM patients WHERE id = ${id}::uuid FOR UPDATE`

/** Opens once three have come to it. */
function createBarrier(): () => Promise<void> {
  let waiting = 3
  let open = () => {}
  const opened = new Promise<void>((resolve) => (open = resolve))
  return () => {
    if (--waiting === 0) open()
    return opened
  }
}

it('[OPS16] three changes in a circle all happen, once each: the one that Postgres ends is run again', async () => {
  await pod.takeEvents()
  const meet = createBarrier()
  const runs: number[] = [0, 0, 0]
  const after: string[] = []
  const answers = await Promise.all(
    patients.map((id, i) =>
      runChange(pod.pod.api, { ...request, idempotency: { key: `circle-${i}`, fingerprint: 'x' } }, async (change) => {
        runs[i]!++
        await lock(change, id)
        change.afterCommit(() => after.push(id))
        change.audit({ action: 'patient.update', subjectType: 'patient', subjectId: id })
        change.record(
          event.patientUpdated({
            tenantId,
            actorId: change.caller.userId,
            subject: { id, version: 2 },
            data: { changed: [] },
          }),
        )
        // Each holds its own before any of them asks for the next one's.
        if (runs[i] === 1) await meet()
        await lock(change, patients[(i + 1) % 3]!)
        return { status: 204, headers: {}, body: null }
      }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual([204, 204, 204])
  expect(runs.toSorted()).toEqual([1, 1, 2])
  expect(after.toSorted()).toEqual([...patients].toSorted())
  const told = (await pod.takeEvents()).map(({ subject }) => (subject as { id: string }).id)
  expect(told.toSorted()).toEqual([...patients].toSorted())
  const audited = await pod.sql("SELECT subject_id FROM audit_log WHERE action = 'patient.update'")
  expect(audited.map(({ subject_id }) => subject_id as string).toSorted()).toEqual([...patients].toSorted())
})

it('[OPS16] a second deadlock in a row, and any other fault, is the caller’s', async () => {
  let runs = 0
  const fail = (code: string) =>
    runChange(pod.pod.api, request, () => {
      runs++
      return Promise.reject(Object.assign(new Error('ended'), { code }))
    })
  await expect(fail('40P01')).rejects.toMatchObject({ code: '40P01' })
  expect(runs).toBe(2)
  await expect(fail('40001')).rejects.toMatchObject({ code: '40001' })
  expect(runs).toBe(3)
})
