import type { EventType } from '@derm/contract'
import type { Change } from '../transaction.ts'

/**
 * What an event of one aggregate brings about in another, in the same transaction: whoever or whatever causes it, no route and no job has to
 * think of it. It writes with `writeAlong`, so that the event tells of both.
 */
export type Consequence = {
  of: readonly EventType[]
  /** `id`: the entity that the event is about; its row is locked. */
  run: (change: Change, id: string, event: EventType) => Promise<void>
}
