import { createServer, request as askUpstream, type IncomingMessage } from 'node:http'
import { connect, type AddressInfo, type Socket } from 'node:net'

export type PathProxy = {
  /** Its origin and the prefix. */
  url: string
  /** What it shows from now on: the front door's address. */
  show(origin: string): void
  stop(): Promise<void>
}

/** Shows a server below a prefix, and nothing elsewhere. Some proxies pass the prefix on, some take it off. */
export async function startPathProxy(prefix: string, { takesOff }: { takesOff: boolean }): Promise<PathProxy> {
  const sockets = new Set<Socket>()
  let port = 0
  const toPath = ({ url = '/' }: IncomingMessage) =>
    url.startsWith(`${prefix}/`) ? (takesOff ? url.slice(prefix.length) : url) : null
  const server = createServer((request, response) => {
    const path = toPath(request)
    if (path === null) return void response.writeHead(421).end()
    const { method, headers } = request
    const asked = askUpstream({ host: '127.0.0.1', port, path, method, headers, agent: false }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.rawHeaders)
      answer.pipe(response)
    })
    asked.on('error', () => response.destroy())
    request.pipe(asked)
  })
  server.on('upgrade', (request, socket: Socket, head: Buffer) => {
    const path = toPath(request)
    if (path === null) return void socket.destroy()
    const upstream = connect(port, '127.0.0.1')
    for (const one of [socket, upstream]) one.on('error', () => {})
    const lines = [`GET ${path} HTTP/1.1`]
    for (let i = 0; i < request.rawHeaders.length; i += 2)
      lines.push(`${request.rawHeaders[i]}: ${request.rawHeaders[i + 1]}`)
    upstream.write(`${lines.join('\r\n')}\r\n\r\n`)
    upstream.write(head)
    socket.pipe(upstream)
    upstream.pipe(socket)
  })
  server.on('connection', (socket) => sockets.add(socket))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}${prefix}`,
    show: (origin) => void (port = Number(new URL(origin).port)),
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
