import { getSeedIds } from '@derm/database'
import { signIn } from '../../sign-in.ts'
import type { Attack } from '../attack.ts'

const TABLES = { patients: 'patients', appointments: 'appointments', waitlist: 'waitlist_entries' }

/** An owner of one practice asks for what belongs to another, by ids that exist. */
export const foreignReferences: Attack = {
  name: 'reads and changes of another tenant, by ids that exist',
  rule: 'TEN1',
  tries: { full: 900, short: 30 },
  async run(stack, tries) {
    const { lakeside, summit } = getSeedIds()
    const api = stack.apis[1]!
    const { accessToken } = await signIn(api.url, stack.origin, lakeside.users['owner']!.email)
    const authorization = `Bearer ${accessToken}`
    const faults: string[] = []
    for (const [path, table] of Object.entries(TABLES)) {
      const rows = await stack.query<{ id: string }>(`SELECT id FROM ${table} WHERE tenant_id = $1 LIMIT $2`, [
        summit.tenantId,
        Math.ceil(tries / 3),
      ])
      for (const { id } of rows)
        for (const [method, body] of [['GET'], ['PATCH', '{}'], ['POST', '{}']] as const) {
          const url = `${api.url}/api/v1/${path}/${id}${method === 'POST' ? '/cancel' : ''}`
          const response = await fetch(url, {
            method,
            headers: { authorization, 'content-type': 'application/json', 'if-match': '"1"' },
            ...(body ? { body } : {}),
          })
          const text = await response.text()
          if (response.ok) faults.push(`${method} ${path} was answered with ${response.status}: ${text.slice(0, 80)}`)
        }
    }
    return faults
  },
}
