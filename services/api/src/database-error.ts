import { CodedError } from '@derm/contract'

/** SQLSTATE classes and Prisma codes after which the same request may succeed. */
const PASSING =
  /^(08|53|57P|40001|40P01|55P03|57014|25P03|P1001|P1002|P1008|P1017|P2024|P2028|P2034|ECONNREFUSED|ECONNRESET|ETIMEDOUT)/
/** What `pg` says, without any code, of a connection that broke, or could not be had in time. */
const LOST =
  /^(Connection terminated|Client was closed|Client has encountered a connection error|timeout exceeded when trying to connect|Query read timeout)/
const CODE = /^([0-9A-Z]{5}|E[A-Z]+)$/

/** The SQLSTATE behind an error of Prisma or `pg`, wherever the layers have put it; `undefined` when there is none. */
export function findSqlState(error: unknown, depth = 0): string | undefined {
  if (typeof error !== 'object' || error === null || depth > 6) return undefined
  const layer = error as Record<string, unknown>
  for (const name of ['originalCode', 'code'])
    if (typeof layer[name] === 'string' && CODE.test(layer[name]) && !/^P\d{4}$/.test(layer[name])) return layer[name]
  for (const name of ['cause', 'meta', 'driverAdapterError']) {
    const found = findSqlState(layer[name], depth + 1)
    if (found) return found
  }
  return undefined
}

/** What the driver adapter calls the same, where Prisma has no code of its own for it. */
const LOST_KINDS = new Set(['DatabaseNotReachable', 'ConnectionClosed', 'SocketTimeout', 'TooManyConnections'])

function isConnectionLost(error: unknown, depth = 0): boolean {
  if (typeof error !== 'object' || error === null || depth > 6) return false
  const layer = error as Record<string, unknown>
  if (typeof layer['message'] === 'string' && LOST.test(layer['message'])) return true
  if (typeof layer['kind'] === 'string' && LOST_KINDS.has(layer['kind'])) return true
  return ['cause', 'meta', 'driverAdapterError'].some((name) => isConnectionLost(layer[name], depth + 1))
}

/** What a database error means to a client; the original is kept as the cause. */
export function toCodedError(error: unknown): CodedError {
  if (error instanceof CodedError) return error
  const prisma = (error as { code?: unknown } | null)?.code
  const state = findSqlState(error) ?? (typeof prisma === 'string' ? prisma : undefined)
  // Data that no column can hold, such as a text with a NUL: it came with the request.
  if (state?.startsWith('22')) return new CodedError('validation_failed', {}, { cause: error })
  const isPassing = (state !== undefined && PASSING.test(state)) || isConnectionLost(error)
  return new CodedError(isPassing ? 'unavailable' : 'internal', isPassing ? { retryAfter: 1 } : {}, { cause: error })
}
