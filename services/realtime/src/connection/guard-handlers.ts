import type { Socket } from 'socket.io'

/** A handler that throws or rejects must not end the process: every handler of this socket is wrapped from here on. */
export function guardHandlers(socket: Socket, onError: (error: unknown) => void): void {
  type Listener = (...args: unknown[]) => unknown
  const on = socket.on.bind(socket) as (event: string, listener: Listener) => Socket
  const guarded = (event: string, listener: Listener): Socket =>
    on(event, (...args) => {
      try {
        const result = listener(...args)
        if (result instanceof Promise) result.catch(onError)
      } catch (error) {
        onError(error)
      }
    })
  socket.on = guarded as typeof socket.on
}
