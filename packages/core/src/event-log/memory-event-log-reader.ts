import type { ChannelName, Position } from '@derm/contract'
import type { EventLogReader, HistoryLimit, HistoryRead } from './event-log.ts'

/** The event log that it reads. */
type Source = Pick<EventLogReader, 'heads' | 'caughtUp'> & {
  read(channel: ChannelName, after: Position, limit: HistoryLimit): HistoryRead | Promise<HistoryRead>
}

/** One node's connection to the event log in memory. */
export class MemoryEventLogReader implements EventLogReader {
  private readonly subscribed = new Set<ChannelName>()
  private listener: (channel: ChannelName, bytes: string) => void = () => {}
  private breakListener: () => void = () => {}
  constructor(
    private readonly eventLog: Source,
    private readonly onClose: (reader: MemoryEventLogReader) => void,
  ) {}
  heads(channels: readonly ChannelName[]) {
    return this.eventLog.heads(channels)
  }
  caughtUp(shards: readonly number[]) {
    return this.eventLog.caughtUp(shards)
  }
  async history(channel: ChannelName, after: Position, limit: HistoryLimit): Promise<HistoryRead> {
    return this.eventLog.read(channel, after, limit)
  }
  async subscribe(channel: ChannelName): Promise<void> {
    await Promise.resolve()
    this.subscribed.add(channel)
  }
  async unsubscribe(channel: ChannelName): Promise<void> {
    this.subscribed.delete(channel)
  }
  onMessage(listen: (channel: ChannelName, bytes: string) => void): void {
    this.listener = listen
  }
  onBreak(listen: () => void): void {
    this.breakListener = listen
  }
  isListening(): boolean {
    return true
  }
  reconnect(): void {
    this.breakListener()
  }
  close(): void {
    this.onClose(this)
  }
  receive(channel: ChannelName, bytes: string): void {
    if (this.subscribed.has(channel)) this.listener(channel, bytes)
  }
}
