import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

type Value = { stringValue?: string; intValue?: number | string; doubleValue?: number }
type Attribute = { key: string; value: Value }
type RawSpan = {
  traceId: string
  spanId: string
  parentSpanId?: string
  name: string
  kind: number
  attributes: Attribute[]
}
type Request = {
  resourceSpans: { resource: { attributes: Attribute[] }; scopeSpans: { spans: RawSpan[] }[] }[]
}

export type ReceivedSpan = Omit<RawSpan, 'attributes' | 'kind'> & {
  kind: string
  service: string
  attributes: Record<string, string | number>
}

const KINDS = ['unspecified', 'internal', 'server', 'client', 'producer', 'consumer']

const valueOf = ({ stringValue, intValue, doubleValue }: Value) => stringValue ?? Number(intValue ?? doubleValue)
const toRecord = (attributes: readonly Attribute[]) =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, valueOf(value)]))

/** What takes spans by OTLP over HTTP, as JSON. While it is `isRefusing`, each request ends without an answer. */
export async function startTraceReceiver() {
  const spans: ReceivedSpan[] = []
  const state = { isRefusing: false, refused: 0 }
  const server = createServer((request, response) => {
    if (state.isRefusing) {
      state.refused++
      return void request.socket.destroy()
    }
    const parts: Buffer[] = []
    request.on('data', (part: Buffer) => parts.push(part))
    request.on('end', () => {
      const { resourceSpans } = JSON.parse(Buffer.concat(parts).toString()) as Request
      for (const { resource, scopeSpans } of resourceSpans)
        for (const { kind, attributes, ...span } of scopeSpans.flatMap((scope) => scope.spans))
          spans.push({
            ...span,
            kind: KINDS[kind]!,
            attributes: toRecord(attributes),
            service: String(toRecord(resource.attributes)['service.name']),
          })
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    spans,
    state,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections()
      return new Promise((resolve) => server.close(resolve))
    },
  }
}
