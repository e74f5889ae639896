import { formatPositions, type Position } from '@derm/contract'
import { TEST_TENANT } from './test-server.ts'

export type FakeRequest = { path: string; method: string; minAsOf: string | null; startedAt: number }

/**
 * An API in virtual time: it reads at once when asked, answers after its latency, and says how new the answer is. What it answers is the
 * number of the newest change that it has seen.
 */
export class FakeApi {
  readonly requests: FakeRequest[] = []
  /** How often it was asked for positions. */
  checks = 0
  latencyMs = 100
  /** The record's newest position, and how many changes its replica is behind. */
  position: Position = { epoch: '0000000000010000', seq: 0 }
  lag = 0
  /** Answers so many times with this status, then well again. */
  failures: number[] = []
  /** A change's answer says what it caused. */
  onChange: () => Position = () => this.position

  constructor(private readonly channelKey = 'l:00000000-0000-4000-8000-000000000002/scheduling') {}

  readonly fetch = async (input: URL | string, init: RequestInit = {}): Promise<Response> => {
    const { pathname, searchParams } = new URL(input)
    if (pathname === '/api/v1/positions') return this.answerPositions(searchParams.getAll('channel'))
    const method = init.method ?? 'GET'
    const minAsOf = new Headers(init.headers).get('min-as-of')
    this.requests.push({ path: pathname, method, minAsOf, startedAt: Date.now() })
    const status = this.failures.shift()
    const published = method === 'GET' ? undefined : this.onChange()
    const seen = { ...this.position, seq: Math.max(0, this.position.seq - (method === 'GET' ? this.lag : 0)) }
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(resolve, this.latencyMs)
      init.signal?.addEventListener('abort', () => {
        clearTimeout(timer)
        reject(new DOMException('aborted', 'AbortError'))
      })
    })
    if (status !== undefined) return Response.json({ code: 'unavailable' }, { status })
    const headers: Record<string, string> = published
      ? { published: formatPositions({ [this.channelKey]: published }) }
      : { 'as-of': formatPositions({ [this.channelKey]: seen }) }
    return Response.json({ seen: seen.seq }, { headers })
  }

  private answerPositions(asked: readonly string[]): Response {
    this.checks++
    if (this.failures.length > 0) return Response.json({ code: 'unavailable' }, { status: this.failures[0]! })
    const start = { ...this.position, seq: 0 }
    const channels = asked.map((channelKey) => ({
      channel: `${TEST_TENANT}/${channelKey}`,
      ...(channelKey === this.channelKey ? this.position : start),
    }))
    return Response.json({ channels })
  }

  count(path?: string): number {
    return this.requests.filter((request) => request.method === 'GET' && (path === undefined || request.path === path))
      .length
  }
}
