import type { ChannelName } from '@derm/contract'
import type { ChannelHub } from '@derm/core/node'
import type { AccessWatch } from '../access/access-watch.ts'
import type { Member } from '../connection/member.ts'
import type { FanOut } from './fan-out.ts'
import { preparePacket, writePacket, type ReadyPacket } from './ready-packet.ts'

/** Tells clients up to where their channels were delivered, in line with the events. A client whose cursor is before that has a gap. [SUB7] */
export class HeadsNotice {
  constructor(
    private readonly hub: Pick<ChannelHub<Member>, 'position'>,
    private readonly fanOut: FanOut,
    private readonly access: Pick<AccessWatch, 'isConfirmed'>,
  ) {}

  /** Those who have the same channels get the same bytes. */
  send(cohort: readonly Member[]): void {
    if (!this.access.isConfirmed()) return
    this.fanOut.flushAll()
    const prepared = new Map<string, ReadyPacket | null>()
    for (const member of cohort) {
      const channels = [...member.channels]
      const key = channels.join(' ')
      let packet = prepared.get(key)
      if (packet === undefined) {
        packet = this.prepare(channels)
        prepared.set(key, packet)
      }
      if (packet) writePacket(member, packet)
    }
  }

  private prepare(names: readonly ChannelName[]): ReadyPacket | null {
    const channels = names.flatMap((channel) => {
      const position = this.hub.position(channel)
      return position ? [{ channel, ...position }] : []
    })
    return channels.length === 0 ? null : preparePacket('heads', { channels })
  }
}
