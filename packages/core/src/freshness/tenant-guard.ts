/** The moment at which the client first heard of another tenant. */
export type TenantChange = {
  /** Whether data that was asked for in this session belongs to the new tenant. */
  isOfNewTenant(session: number | undefined): boolean
}

/**
 * Knows whose channels the client hears of, so that data of one tenant is not kept for another, though nobody emptied the cache
 * between them. A session ends when the connection is let go: whoever connects next may be somebody else. [INV12]
 */
export class TenantGuard {
  private current: { id: string; since: number } | undefined
  private currentSession = 0

  get session(): number {
    return this.currentSession
  }

  get tenantId(): string | undefined {
    return this.current?.id
  }

  endSession(): void {
    this.currentSession++
  }

  /** @returns the change, when this channel is the first of another tenant. */
  enter(channel: string): TenantChange | undefined {
    const id = channel.slice(0, channel.indexOf('/'))
    const before = this.current
    const { session } = this
    if (id === before?.id) return undefined
    this.current = { id, since: session }
    if (!before) return undefined
    // Two tenants in one session: nothing that was asked for in it can be told apart.
    return { isOfNewTenant: (asked) => before.since !== session && asked === session }
  }
}
