import type { TransitionTable } from '@derm/contract'
import type { AnyAggregate } from '../aggregate/aggregate.ts'
import type { Answer, SignedIn } from './test-pod.ts'
import type { Place, World } from './world.ts'

export type Made = { id: string; version: number }

/** What the suite needs to try every route of an aggregate. Nothing has a default: an action without a body here does not compile. */
export type Fixtures<Table extends TransitionTable = TransitionTable> = {
  aggregate: AnyAggregate & { transitions: Table }
  /** Makes one at a place, in a status from which the first actions start; through the API, or by SQL where none creates it. */
  make: (world: World, at: Place) => Promise<Made>
  /** A valid body for each action that a person may do. */
  bodies: {
    [Name in keyof Table as Table[Name]['by'] extends 'system' ? never : Name]: (
      world: World,
      at: Place,
    ) => object | Promise<object>
  }
  /** The query of the list, from `?` on; `null` when the aggregate has none. */
  query: ((world: World, at: Place) => string) | null
  /** The columns that a row needs to be in a status, besides the status itself. */
  columnsIn?: Record<string, string>
  /** What was written in words by `bodies`: none of it may be in an event. */
  words: readonly string[]
}

/** Keeps the table's actions in the type, so that one that is missing does not compile. */
export function defineFixtures<Table extends TransitionTable>(fixtures: Fixtures<Table>): Fixtures {
  return fixtures
}

/** Creates one through its own route. @throws when it is refused. */
export async function create(client: SignedIn, path: string, body: object): Promise<Made> {
  const answer: Answer = await client.post(path, body)
  if (answer.status !== 201) throw new Error(`${path} refused a fixture: ${answer.text}`)
  return answer.body as Made
}
