import { parseChannel, type ChannelName, type Position, type Positions } from '@derm/contract'
import type { TenantTx } from '@derm/database'
import { fromPrisma, readPositions } from '@derm/publisher'

/** Keyed by `<scope>/<topic>`, as headers are: the tenant is the caller's. */
export function toPositions(byChannel: ReadonlyMap<ChannelName, Position>): Positions {
  return Object.fromEntries(
    [...byChannel].map(([channel, position]) => [parseChannel(channel)?.key ?? channel, position]),
  )
}

/** The newest positions of these channels: the statement before the data's. */
export async function readAsOf(tx: TenantTx, channels: readonly ChannelName[]): Promise<Positions> {
  return channels.length === 0 ? {} : toPositions(await readPositions(fromPrisma(tx), channels))
}
