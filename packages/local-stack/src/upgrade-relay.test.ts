import { createServer, request, type IncomingMessage } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { startGateway } from './gateway.ts'

type Node = { url: string; name: string; asked: number; isReady(): Promise<boolean> }

/** A node that takes upgrades, and says its name then; or that answers `status` to them, or nothing. */
async function startNode(name: string, answer: 'takes' | 'hangs up' | number = 'takes'): Promise<Node> {
  const node: Node = { url: '', name, asked: 0, isReady: async () => true }
  const server = createServer().on('upgrade', (_request, socket: Socket) => {
    node.asked++
    socket.on('error', () => {})
    if (answer === 'hangs up') return void socket.destroy()
    if (answer === 'takes')
      return void socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n${name}`,
      )
    socket.end(`HTTP/1.1 ${answer} No\r\nconnection: close\r\ncontent-length: ${name.length}\r\n\r\n${name}`)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  node.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return node
}

async function startDoor(nodes: Node[]) {
  const gateway = await startGateway({ port: 0, dist: new URL('.', import.meta.url).pathname, apis: [], nodes })
  onTestFinished(() => gateway.stop())
  /** Status and first words of the answer. */
  return (query = ''): Promise<{ status: number; text: string; socket?: Socket }> =>
    new Promise((resolve, reject) => {
      const asked = request({
        ...{ host: '127.0.0.1', port: gateway.port, path: `/realtime/?EIO=4${query}` },
        headers: { connection: 'Upgrade', upgrade: 'websocket' },
      })
      asked.on('upgrade', (_message, socket: Socket, head: Buffer) => {
        onTestFinished(() => void socket.destroy())
        const answer = (text: string) => resolve({ status: 101, text, socket })
        if (head.length > 0) answer(head.toString())
        else socket.once('data', (data: Buffer) => answer(data.toString()))
      })
      asked.on('response', (message: IncomingMessage) => {
        let text = ''
        message.on('data', (data: Buffer) => (text += data.toString()))
        message.on('end', () => resolve({ status: message.statusCode ?? 0, text }))
      })
      asked.on('error', reject)
      asked.end()
    })
}

describe('[OPS28] a socket at the front door', () => {
  it('goes to the node with the fewest', async () => {
    const connect = await startDoor([await startNode('a'), await startNode('b')])
    const first = await connect()
    const other = first.text === 'a' ? 'b' : 'a'
    expect((await connect()).text).toBe(other)
    first.socket!.destroy()
    await expect.poll(async () => (await connect()).text).toBe(first.text)
  })

  it.each([503, 'hangs up'] as const)('goes to another node where one says or does %s', async (answer) => {
    const drained = await startNode('a', answer)
    const connect = await startDoor([drained, await startNode('b')])
    for (let i = 0; i < 4; i++) expect(await connect()).toMatchObject({ status: 101, text: 'b' })
    expect(drained.asked).toBeGreaterThan(0)
  })

  it('is tried once more, not at every door of a full house', async () => {
    const nodes = await Promise.all(['a', 'b', 'c', 'd'].map((name) => startNode(name, 503)))
    expect((await (await startDoor(nodes))()).status).toBe(503)
    expect(nodes.reduce((sum, { asked }) => sum + asked, 0)).toBe(2)
  })

  it('gets what a node says to the client, which no other node would change', async () => {
    const nodes = [await startNode('a', 400), await startNode('b', 400)]
    expect((await (await startDoor(nodes))()).status).toBe(400)
    expect(nodes[0]!.asked + nodes[1]!.asked).toBe(1)
  })

  it('avoids the node that it was asked to leave, where there is another', async () => {
    const nodes = [await startNode('a'), await startNode('b')]
    const connect = await startDoor(nodes)
    for (let i = 0; i < 4; i++) expect((await connect('&avoid=a')).text).toBe('b')
    const alone = await startDoor([nodes[0]!])
    expect((await alone('&avoid=a')).text).toBe('a')
  })

  it('is refused with 503 where no node is ready', async () => {
    const node = await startNode('a')
    node.isReady = async () => false
    expect((await (await startDoor([node]))()).status).toBe(503)
  })
})
