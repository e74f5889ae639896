import { createServer, request as send } from 'node:http'
import { connect, type AddressInfo } from 'node:net'

/** A front door that serves the system below a path, as one that is shared with other systems does. What is not below it is not found. */
export async function startPrefixProxy(prefix: string, { api, node }: { api: string; node: string }) {
  const server = createServer((incoming, outgoing) => {
    if (!incoming.url!.startsWith(`${prefix}/api/`)) return void outgoing.writeHead(404).end()
    const { method, headers } = incoming
    const forwarded = send(new URL(incoming.url!.slice(prefix.length), api), { method, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode!, answer.headers)
      answer.pipe(outgoing)
    })
    forwarded.on('error', () => outgoing.destroy())
    incoming.pipe(forwarded)
  })
  server.on('upgrade', ({ url, method, rawHeaders }, socket, head) => {
    if (!url!.startsWith(`${prefix}/realtime`)) return void socket.end('HTTP/1.1 404 Not Found\r\n\r\n')
    const { hostname, port } = new URL(node)
    const upstream = connect(Number(port), hostname, () => {
      const lines = rawHeaders.flatMap((name, i) => (i % 2 ? [] : [`${name}: ${rawHeaders[i + 1]!}`]))
      upstream.write(`${method!} ${url!.slice(prefix.length)} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`)
      upstream.write(head)
      upstream.pipe(socket).pipe(upstream)
    })
    for (const end of [upstream, socket]) end.on('error', () => (upstream.destroy(), socket.destroy()))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}${prefix}`,
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
