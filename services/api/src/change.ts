import { CodedError, type EventType, type NewEvent } from '@derm/contract'
import type { TenantTx } from '@derm/database'
import type { Caller } from './access/principal.ts'
import type { SocketRevoker } from './access/socket-revoker.ts'
import type { AuditEvent } from './audit/audit-row.ts'

/** What a command may do to a table by itself: read. */
type Reads = 'findUnique' | 'findFirst' | 'findMany' | 'count'
/**
 * The transaction without its writes. A row is written by the aggregate's mechanism, which tells of it and audits it in the same step: a change
 * that nobody hears of does not compile.
 */
export type ReadTx = {
  readonly [Name in keyof TenantTx as TenantTx[Name] extends { findUnique: unknown } ? Name : never]: Pick<
    TenantTx[Name],
    Reads & keyof TenantTx[Name]
  >
}

/** What a command works with. Its events are collected and written once, at the end, so that a channel's head is locked as briefly as can be. */
export type Change = {
  tx: ReadTx
  caller: Caller
  /** For `afterCommit`. */
  revoker: SocketRevoker
  /** @throws Error when the route has not declared that it emits this. */
  record: (event: NewEvent) => void
  audit: (event: AuditEvent) => void
  /** Another entity's change relies on this event to tell of it: without it the transaction fails. */
  expectEvent: (type: EventType) => void
  /** What its events bring about in other aggregates, before the commit. */
  consequences: readonly Consequence[]
  /** The time of the change, by the clock that all processes go by: milliseconds since 1970. [OPS29] */
  now: () => number
  /** What may only happen when the change is in force, and whose loss does no harm. */
  afterCommit: (run: () => void) => void
  readonly [FULL_TX]: TenantTx
}
const FULL_TX = Symbol('full transaction')

/** The transaction with its writes. Only for the mechanism, and for what the catalogue has no event for: lint holds the list. */
export const fullTx = (change: Change): TenantTx => change[FULL_TX]

/**
 * What an event of one aggregate brings about in another, in the same transaction: whoever or whatever causes it, no route and no job has to
 * think of it. It writes with `writeAlong`, so that the event tells of both.
 */
export type Consequence = {
  of: readonly EventType[]
  /** `id`: the entity that the event is about; its row is locked. */
  run: (change: Change, id: string, event: EventType) => Promise<void>
}

/** The change of one transaction, with the whole transaction within reach of `fullTx`. */
export function createChange(tx: TenantTx, rest: Omit<Change, 'tx' | typeof FULL_TX>): Change {
  return { ...rest, tx, [FULL_TX]: tx }
}

/** Whether a conditional change may go on. @throws CodedError `conflict` with the current version. */
export function requireVersion(current: number, expected: number): void {
  if (current !== expected) throw new CodedError('conflict', { currentVersion: current })
}
