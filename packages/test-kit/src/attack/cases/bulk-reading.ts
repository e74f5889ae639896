import { getSeedIds } from '@derm/database'
import { signIn } from '../../sign-in.ts'
import type { Attack } from '../attack.ts'

const LIMIT = 15

/** A front desk reads every patient, by turns over the pods: in pages, then record by record. It may; the auditor must see it. */
export const bulkReading: Attack = {
  name: 'every patient is read by one user, in pages and one by one',
  rule: 'SEC36',
  tries: { full: 2, short: 2 },
  ownStack: { env: { BULK_READ_PATIENTS: String(LIMIT) } },
  async run(stack) {
    const { lakeside } = getSeedIds()
    const faults: string[] = []
    const send = async (token: string, n: number, path: string, body?: object) => {
      const response = await fetch(`${stack.apis[n % stack.apis.length]!.url}/api/v1${path}`, {
        headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
        ...(body ? { method: 'POST', body: JSON.stringify(body) } : {}),
      })
      return (await response.json()) as { items: unknown[]; nextCursor: string | null }
    }
    const enter = async (user: string) =>
      (await signIn(stack.apis[0]!.url, stack.origin, lakeside.users[user]!.email)).accessToken
    const auditor = await enter('auditor')
    const requireAlert = async (user: string) => {
      const { items } = await send(auditor, 0, `/audit?action=patient.bulk_read&actorId=${lakeside.users[user]!.id}`)
      if (items.length === 0) faults.push(`${user} read every patient, and no entry says so`)
    }
    const desk = await enter('frontdesk')
    for (let cursor: string | null | undefined, n = 0; cursor !== null; n++)
      ({ nextCursor: cursor } = await send(desk, n, '/patients/search', {
        query: '',
        limit: 5,
        ...(cursor ? { cursor } : {}),
      }))
    await requireAlert('frontdesk')
    const provider = await enter('provider')
    for (const [n, id] of lakeside.patientIds.entries()) await send(provider, n, `/patients/${id}`)
    await requireAlert('provider')
    return faults
  },
}
