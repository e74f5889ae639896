import type { Socket } from 'socket.io'

/** What an application's own handlers might do. Only for tests. */
export function addFaultHandlers(socket: Socket): void {
  socket.on('fault:throw', () => {
    throw new Error('thrown by a handler')
  })
  socket.on('fault:reject', () => Promise.reject(new Error('rejected by a handler')))
  socket.on('fault:emit', ({ room, name = 'fault:emitted' }: { room: string; name?: string }) =>
    socket.nsp.to(room).emit(name, {}),
  )
}
