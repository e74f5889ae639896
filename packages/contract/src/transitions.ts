import type { z } from 'zod'
import type { EventType } from './catalogue.ts'
import type { Action } from './permissions.ts'

/**
 * One row of an aggregate's transition table: everything that may be done to an entity, from which its route, the 409 that names what is
 * possible, the OpenAPI entry, the audit action, the buttons of a screen and the tests follow.
 *
 * The row's name is the action. `create` (`from: 'new'`) is `POST <path>`, `update` is `PATCH <path>/:id`, any other is
 * `POST <path>/:id/<name>`. What only the system does has no route.
 */
export type Transition<Status extends string = string> = {
  /** The statuses that it may start from. */
  from: readonly Status[] | 'new' | 'any'
  /** The status after it; of several, the handler says which. */
  to: Status | 'same' | readonly Status[]
  /** The row of the permission table that decides who may; `system`: no person may, a job does it, and there is no route. */
  by: Action | 'system'
  /** What it tells. */
  event: EventType
  /** The request's body. */
  requires: z.ZodType
  /** One line for the API's readers. */
  summary: string
}

/** What a person may ask for, by its route. */
export type RoutedTransition = Transition & { by: Action }

export function hasRoute(row: Transition): row is RoutedTransition {
  return row.by !== 'system'
}

export type TransitionTable<Status extends string = string> = Record<string, Transition<Status>>

/** Declares an aggregate's table; the statuses are checked against its codes. */
export function defineTransitions<Status extends string>() {
  return <const Table extends TransitionTable<Status>>(table: Table): Table => table
}

/** Whether an action may start from a status. */
export function startsFrom({ from }: Pick<Transition, 'from'>, status: string): boolean {
  return from === 'any' || (from !== 'new' && from.includes(status))
}

/** The actions that are possible in a status, in the table's order; `may` asks the permission table. */
export function possibleActions<Table extends TransitionTable>(
  table: Table,
  status: string,
  may: (action: Action) => boolean,
): (keyof Table & string)[] {
  return Object.keys(table).filter((name) => {
    const row = table[name]
    return row !== undefined && hasRoute(row) && startsFrom(row, status) && may(row.by)
  })
}
