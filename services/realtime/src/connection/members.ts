import { ERRORS, type ChannelName, type ErrorCode, type UserId } from '@derm/contract'
import type { Socket } from 'socket.io'
import type { Member } from './member.ts'
import type { RealtimeMetrics } from '../metrics/realtime-metrics.ts'

/** What waits for a client that reads slowly is thrown away so long after it was closed, or may no longer see it. */
export const LAST_FRAME_MS = 1000

export type MembersOptions = {
  metrics: RealtimeMetrics
  leave: (channel: ChannelName, member: Member) => void
  /** It is not counted any more. */
  onForgotten: (member: Member) => void
  /** A user's last socket has gone. */
  onUserGone: (userId: UserId) => void
}

/** The connected sockets of this node, and every way in which one of them ends. */
export class Members {
  private readonly byId = new Map<string, Member>()
  private readonly byUser = new Map<UserId, Set<Member>>()
  private readonly byConnection = new WeakMap<Socket['conn'], Member>()

  constructor(private readonly options: MembersOptions) {}

  get size(): number {
    return this.byId.size
  }

  /** As they are now: some may end while the caller goes through them. */
  all(): Member[] {
    return [...this.byId.values()]
  }

  users(): Iterable<UserId> {
    return this.byUser.keys()
  }

  ofUser(userId: UserId): Member[] {
    return [...(this.byUser.get(userId) ?? [])]
  }

  countOf(userId: UserId): number {
    return this.byUser.get(userId)?.size ?? 0
  }

  onConnection(connection: Socket['conn']): Member | undefined {
    return this.byConnection.get(connection)
  }

  add(member: Member): void {
    this.byConnection.set(member.socket.conn, member)
    this.byId.set(member.socket.id, member)
    const ofUser = this.byUser.get(member.userId) ?? new Set()
    this.byUser.set(member.userId, ofUser.add(member))
    this.options.metrics.connections.set(this.size)
  }

  /** Says why. Where the client may come back by itself, the socket ends in a way that leaves its reconnecting on. */
  close(member: Member, code: ErrorCode): void {
    if (member.isClosed) return
    this.forget(member)
    this.options.metrics.socketsClosed.inc({ code })
    member.socket.emit('closing', { code })
    if (ERRORS[code].client === 'stop') member.socket.disconnect(true)
    else member.socket.conn.close()
  }

  /** Without a word: it would wait behind all that is not read. */
  readonly endSlow = (member: Member): void => {
    if (member.isClosed) return
    this.options.metrics.slowConsumers.inc()
    this.options.metrics.socketsClosed.inc({ code: 'slow_consumer' })
    this.forget(member)
    member.terminate()
  }

  /** From here on nothing is delivered to it. Also for one that was never added. */
  forget(member: Member): void {
    if (!member.isClosed) member.expectEnd(LAST_FRAME_MS)
    member.isClosed = true
    for (const channel of [...member.channels]) {
      this.options.leave(channel, member)
      member.channels.delete(channel)
    }
    this.byId.delete(member.socket.id)
    this.options.onForgotten(member)
    const ofUser = this.byUser.get(member.userId)
    ofUser?.delete(member)
    if (ofUser?.size === 0) {
      this.byUser.delete(member.userId)
      this.options.onUserGone(member.userId)
    }
    this.options.metrics.connections.set(this.size)
  }
}
