import type { EventEnvelope } from '../envelope.ts'
import { isEventType } from '../catalogue.ts'
import { DOWN_SHAPES } from './down-shapes.ts'
import type { DownMessage } from './down.ts'
import { hasShape } from './shape.ts'
import type { SubscribeAck } from './subscribe.ts'

/**
 * What a client reads of what a server sent. The shapes are made from the schemas, so that a browser checks every message without running a
 * schema library.
 */

/** Whether a client has to read a message of this name. Others are an application's own. */
export function isDownName(name: string): boolean {
  return isEventType(name) || (Object.hasOwn(DOWN_SHAPES, name) && name !== 'event' && name !== 'subscribeAck')
}

/** `null` when the body is not what the name promises. */
export function readDownMessage(name: string, body: unknown): DownMessage | null {
  if (isEventType(name)) {
    const event = readEvent(body)
    return event?.type === name ? { name: 'event', body: event } : null
  }
  if (!isDownName(name) || !hasShape(DOWN_SHAPES[name as keyof typeof DOWN_SHAPES], body)) return null
  return { name, body } as DownMessage
}

/** `null` when it is none of a catalogued type. */
export function readEvent(value: unknown): EventEnvelope | null {
  if (!hasShape(DOWN_SHAPES.event, value)) return null
  const event = value as EventEnvelope
  return isEventType(event.type) ? event : null
}

/** Events that cannot be read are left out: the client takes the gap for a resync. `null` when anything else cannot be read. */
export function readSubscribeAck(value: unknown): SubscribeAck | null {
  if (!hasShape(DOWN_SHAPES.subscribeAck, value)) return null
  const ack = value as SubscribeAck
  if (!ack.ok) return ack
  const channels = ack.channels.map((channel) => ({
    ...channel,
    events: channel.events.filter((event) => readEvent(event) !== null),
  }))
  return { ...ack, channels }
}
