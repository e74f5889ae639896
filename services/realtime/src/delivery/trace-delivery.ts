import type { ChannelName } from '@derm/contract'
import type { Logger } from '@derm/core'
import { recordedTraceOf, traceIdOf, type Tracing } from '@derm/runtime'

/**
 * The span of one event on this node: from its arrival to the end of the turn of the event loop, in which it is written to all sockets, as a
 * part of the trace that the event carries. [OPS45] Of an event whose trace is not recorded, nothing but its text is searched.
 */
export function traceDelivery(
  { tracing, logger }: { tracing: Tracing; logger: Logger },
  channel: ChannelName,
  sockets: number,
  frame: string,
): void {
  const parent = recordedTraceOf(frame)
  if (parent === undefined) return
  const topic = channel.slice(channel.lastIndexOf('/') + 1)
  const attributes = { 'derm.topic': topic, 'derm.sockets': sockets }
  const span = tracing.begin({ name: `deliver ${topic}`, kind: 'consumer', parent, attributes })
  setImmediate(() => {
    span.end()
    logger.debug({ traceId: traceIdOf(parent), count: sockets }, 'delivered')
  })
}
