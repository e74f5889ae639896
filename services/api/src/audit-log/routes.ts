import { AuditList, AuditQuery } from '@derm/contract'
import { requireAction } from '../aggregate/lock-entity.ts'
import { defineRead } from '../http/read-route.ts'
import type { Route } from '../http/route.ts'
import { readAuditLog } from './queries.ts'

export const auditLogRoutes: readonly Route[] = [
  defineRead(
    {
      method: 'get',
      path: '/audit',
      tag: 'audit',
      summary: 'Who read or changed what in the practice, newest first',
      query: AuditQuery,
      action: 'read_audit',
      answer: { status: 200, schema: AuditList, description: 'A page of the audit log.' },
      errors: ['forbidden'],
    },
    {
      shows: 'nothing',
      because: 'reads are in it too, and no event tells of a read',
      async load({ tx, caller }, { query }) {
        requireAction(caller, 'read_audit', null)
        return readAuditLog(tx, caller.tenantId, query)
      },
      audit({ items }, { query: { cursor, limit: _limit, ...filters } }) {
        const given = Object.entries(filters).filter((entry): entry is [string, string] => entry[1] !== undefined)
        return {
          action: 'audit.list',
          subjectType: 'audit',
          details: { count: items.length, isFirstPage: cursor === undefined, ...Object.fromEntries(given) },
        }
      },
    },
  ),
]
