import { silentLogger } from '@derm/core'
import { afterEach, describe, expect, it } from 'vitest'
import { createTracing, recordedTraceOf, type Tracing } from './tracing.ts'

const ID = '0af7651916cd43dd8448eb211c80319c'
const OF_CLIENT = { name: 'GET', kind: 'server', isForeign: true } as const
let tracing: Tracing | null = null
const make = async (share: number) => {
  // Port 9 takes nothing: no span of these is ended, so none is sent.
  const endpoint = 'http://127.0.0.1:9'
  const options = { endpoint, share, service: 'api', instance: 'api-1', logger: silentLogger, now: () => 1_000 }
  return (tracing = (await createTracing(options))!)
}
afterEach(() => tracing?.stop())

describe('[OPS46] what is recorded', () => {
  it.each(['00', '01'])('is decided by the trace’s id, whatever a client’s flag says (%s)', async (flag) => {
    const parent = `00-${ID}-b7ad6b7169203331-${flag}`
    const none = (await make(0)).begin({ ...OF_CLIENT, parent })
    expect(none.traceparent).toMatch(new RegExp(`^00-${ID}-[0-9a-f]{16}-00$`))
    await tracing?.stop()
    const all = (await make(1)).begin({ ...OF_CLIENT, parent })
    expect(all.traceparent).toMatch(new RegExp(`^00-${ID}-[0-9a-f]{16}-01$`))
  })

  it.each(['00', '01'])('is what the flag says where one of our own processes has set it (%s)', async (flag) => {
    const { begin } = await make(flag === '00' ? 1 : 0)
    const span = begin({ name: 'publish', kind: 'producer', parent: `00-${ID}-b7ad6b7169203331-${flag}` })
    expect(span.traceparent.slice(-2)).toBe(flag)
  })

  it('is found in an event’s text, and not in a text within the event', () => {
    const traceparent = `00-${ID}-b7ad6b7169203331-01`
    expect(recordedTraceOf(JSON.stringify({ data: {}, traceparent }))).toBe(traceparent)
    expect(recordedTraceOf(JSON.stringify({ data: { note: `"traceparent":"${traceparent}"` } }))).toBeUndefined()
    expect(recordedTraceOf(JSON.stringify({ traceparent: traceparent.replace(/01$/, '00') }))).toBeUndefined()
  })
})
