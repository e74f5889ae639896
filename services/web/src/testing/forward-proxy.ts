import { createServer, request as send, type ServerResponse } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

/** What stands between a window and the practice: an HTTP proxy, as a network has one. */
export type ForwardProxy = {
  url: string
  /** Tunnels, which WebSockets need, are refused, and those that stand are cut. */
  blockSockets(isBlocking: boolean): void
  /** Every request to the API is answered with a page of the proxy's own, with this status. `null`: no longer. */
  answerApiWithPage(status: number | null): void
  stop(): Promise<void>
}

export async function startForwardProxy(): Promise<ForwardProxy> {
  let isBlocking = false
  let pageStatus: number | null = null
  const sockets = new Set<Socket>()
  const tunnels = new Set<Socket>()

  const server = createServer((incoming, outgoing) => {
    const url = new URL(incoming.url!)
    if (pageStatus !== null && url.pathname.startsWith('/api/')) return answerPage(outgoing, pageStatus)
    const { method, headers } = incoming
    const forwarded = send(url, { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.destroy())
    outgoing.on('close', () => forwarded.destroy())
    incoming.pipe(forwarded)
  })
  server.on('connect', ({ url }, socket: Socket, head: Buffer) => {
    socket.on('error', () => socket.destroy())
    if (isBlocking) return void socket.end('HTTP/1.1 403 Forbidden\r\n\r\n')
    const [host, port] = url!.split(':')
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection Established\r\n\r\n')
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    upstream.on('error', () => socket.destroy())
    socket.on('close', () => upstream.destroy())
    tunnels.add(socket.on('close', () => tunnels.delete(socket)))
  })
  server.on('connection', (socket) => sockets.add(socket.on('close', () => sockets.delete(socket))))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    blockSockets(now) {
      isBlocking = now
      if (now) for (const tunnel of tunnels) tunnel.destroy()
    },
    answerApiWithPage: (status) => void (pageStatus = status),
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

function answerPage(response: ServerResponse, status: number): void {
  response.writeHead(status, { 'content-type': 'text/html; charset=utf-8' })
  response.end('<!doctype html><title>Network sign-in</title><p>Sign in to the network.</p>')
}
