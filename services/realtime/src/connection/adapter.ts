import { ADAPTER_KEY } from '@derm/contract'
import { createAdapter } from '@socket.io/redis-adapter'
import type { Redis } from 'ioredis'

/**
 * The classic Redis adapter. What it reads from Redis passes through a guard: by default, one malformed message ends the process.
 */
export function createGuardedAdapter(
  pub: Redis,
  sub: Redis,
  onForeignMessage: (error: unknown) => void,
): ReturnType<typeof createAdapter> {
  type Listener = (...args: unknown[]) => unknown
  const guard =
    (listener: Listener): Listener =>
    (...args) => {
      try {
        const result = listener(...args)
        if (result instanceof Promise) return result.catch(onForeignMessage)
        return result
      } catch (error) {
        onForeignMessage(error)
        return undefined
      }
    }
  const guarded = new Proxy(sub, {
    get(target, property) {
      const value: unknown = Reflect.get(target, property, target)
      if (property === 'on')
        return (event: string, listener: Listener) => target.on(event as 'message', guard(listener))
      return typeof value === 'function' ? (value as Listener).bind(target) : value
    },
  })
  return createAdapter(pub, guarded, { key: ADAPTER_KEY })
}
