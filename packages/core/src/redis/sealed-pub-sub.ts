import type { Signer } from '../event-log/signature.ts'
import type { RedisClient } from './redis-client.ts'
import { MessageSeal, SealCheck, type SealFault } from './message-seal.ts'

type Listener = (...args: unknown[]) => unknown

/** The same connection; what is published on it is sealed. `onRefused`: a message was too large, and not sent. `now`: the time that those go by who open it. */
export function sealPublishing(
  redis: RedisClient,
  signer: Pick<Signer, 'sign'>,
  { onRefused = () => {}, now }: { onRefused?: (error: unknown) => void; now?: () => number } = {},
): RedisClient {
  const seal = new MessageSeal(signer, now)
  const publish = (name: string, message: string | Buffer): Promise<number> => {
    try {
      return redis.publish(name, seal.seal(name, Buffer.from(message)))
    } catch (error) {
      onRefused(error)
      return Promise.resolve(0)
    }
  }
  return replace(redis, { publish })
}

/**
 * The same connection; its listeners for messages, which get them as buffers, hear of those that were sealed and that `accepts` lets in.
 * `onRefused` hears of what was not sealed, and of what a listener throws: one malformed message must not end the process.
 */
export function openMessages(
  redis: RedisClient,
  signer: Pick<Signer, 'verify'>,
  onRefused: (fault: SealFault | 'unreadable', error?: unknown) => void,
  accepts: (payload: Buffer) => boolean = () => true,
  now?: () => number,
): RedisClient {
  const check = new SealCheck(signer, now)
  const guard =
    (listener: Listener): Listener =>
    (...args) => {
      const bytes = args.at(-1)
      const opened = Buffer.isBuffer(bytes) ? check.open(String(args.at(-2)), bytes) : 'malformed'
      if (typeof opened === 'string') return onRefused(opened)
      try {
        if (!accepts(opened)) return
        const result = listener(...args.slice(0, -1), opened)
        return result instanceof Promise ? result.catch((error: unknown) => onRefused('unreadable', error)) : result
      } catch (error) {
        return onRefused('unreadable', error)
      }
    }
  const guarded = new Map<Listener, Listener>()
  const isMessage = (event: string) => event === 'messageBuffer' || event === 'pmessageBuffer'
  // Nobody holds the promises of the adapter's subscriptions. Whether it is subscribed is asked by itself. [OPS34]
  const unheard =
    (name: 'psubscribe' | 'subscribe') =>
    (...names: unknown[]) =>
      (redis[name].bind(redis) as (...of: unknown[]) => Promise<unknown>)(...names).catch(() => 0)
  const proxy: RedisClient = replace(redis, {
    psubscribe: unheard('psubscribe'),
    subscribe: unheard('subscribe'),
    on(event: string, listener: Listener) {
      if (isMessage(event)) guarded.set(listener, guard(listener))
      redis.on(event as 'error', guarded.get(listener) ?? listener)
      return proxy
    },
    off(event: string, listener: Listener) {
      redis.off(event, guarded.get(listener) ?? listener)
      return proxy
    },
  })
  return proxy
}

/** Everything of the connection's, but for what replaces it. */
function replace(redis: RedisClient, replaced: Record<string, unknown>): RedisClient {
  return new Proxy(redis, {
    get(target, property) {
      if (typeof property === 'string' && Object.hasOwn(replaced, property)) return replaced[property]
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' && property !== 'constructor' ? (value as Listener).bind(target) : value
    },
  })
}
