import { request as ask, STATUS_CODES, type IncomingMessage } from 'node:http'
import type { Socket } from 'node:net'
import type { Duplex } from 'node:stream'
import type { Balancer, Upstream } from './balancer.ts'

/** From the upgrade to the node's answer to it. */
const ANSWER_MS = 10_000
/** A node that does not take an upgrade is passed over once. A front door that tried on and on would knock at all doors of a full house. */
const TRIES = 2

type Answer = { response: IncomingMessage; upgraded?: { socket: Duplex; head: Buffer } } | null

/**
 * Passes an upgrade on to the node with the fewest sockets. One that answers 503, as a node that is being replaced does, or not at all, is
 * passed over for another one. The node that the client was asked to leave (`?avoid=`) is asked last. [OPS28]
 */
export async function relayUpgrade(
  request: IncomingMessage,
  socket: Socket,
  head: Buffer,
  nodes: Balancer,
): Promise<void> {
  const avoid = new URL(request.url ?? '/', 'http://front.door').searchParams.get('avoid')
  const tried = new Set<Upstream>()
  let refusal: IncomingMessage | undefined
  while (tried.size < TRIES && !socket.destroyed) {
    const isTried = (node: Upstream) => tried.has(node)
    const node = nodes.least((one) => isTried(one) || one.name === avoid) ?? nodes.least(isTried)
    if (!node) break
    tried.add(node)
    const release = nodes.hold(node)
    const answer = await askUpgrade(node, request)
    if (answer?.upgraded) {
      socket.once('close', release)
      return join(socket, head, answer.response, answer.upgraded)
    }
    release()
    if (!answer) continue
    refusal = answer.response
    if (refusal.statusCode !== 503) break
    refusal.resume()
  }
  await refuse(socket, refusal)
}

/** `null`: it could not be asked, or did not answer. */
function askUpgrade(node: Upstream, { method, url, headers, socket }: IncomingMessage): Promise<Answer> {
  const { hostname, port } = new URL(node.url)
  const forwarded = { 'x-forwarded-port': String(socket.localPort ?? ''), 'x-forwarded-proto': 'ws' }
  return new Promise((resolve) => {
    const asked = ask({
      ...{ host: hostname, port, method, path: url, agent: false, timeout: ANSWER_MS },
      headers: { ...forwarded, ...headers, 'x-forwarded-for': socket.remoteAddress ?? '' },
    })
    asked.on('error', () => resolve(null))
    asked.on('timeout', () => asked.destroy())
    asked.on('response', (response) => resolve({ response }))
    asked.on('upgrade', (response, upgraded: Socket, rest) => {
      upgraded.setTimeout(0)
      upgraded.setNoDelay(true)
      upgraded.on('error', () => upgraded.destroy())
      resolve({ response, upgraded: { socket: upgraded, head: rest } })
    })
    asked.end()
  })
}

function join(
  client: Socket,
  head: Buffer,
  response: IncomingMessage,
  { socket: node, head: first }: { socket: Duplex; head: Buffer },
): void {
  client.setTimeout(0)
  client.setNoDelay(true)
  client.write(toHead(response))
  if (first.length > 0) client.write(first)
  if (head.length > 0) node.write(head)
  node.pipe(client).pipe(node)
  node.once('close', () => client.destroySoon())
  client.once('close', () => node.destroy())
}

/** As the node said it; without a word of any node, that none is there. */
async function refuse(client: Socket, refusal: IncomingMessage | undefined): Promise<void> {
  if (!refusal?.readable) return void client.end('HTTP/1.1 503 Service Unavailable\r\nconnection: close\r\n\r\n')
  client.write(toHead(refusal))
  for await (const chunk of refusal) client.write(chunk as Buffer)
  client.end()
}

function toHead({ statusCode = 503, rawHeaders }: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${statusCode} ${STATUS_CODES[statusCode] ?? ''}`]
  for (let i = 0; i < rawHeaders.length; i += 2) lines.push(`${rawHeaders[i]}: ${rawHeaders[i + 1]}`)
  return `${lines.join('\r\n')}\r\n\r\n`
}
