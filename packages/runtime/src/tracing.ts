import type { Logger } from '@derm/core'

/** All that a span may say: methods, declared routes, topics, types and counts. Another name does not compile. [OPS46] */
export type SpanAttributes = {
  [
    Name in
      'http.request.method' | 'http.response.status_code' | 'http.route' | 'derm.topic' | 'derm.event' | 'derm.sockets'
  ]?: string | number
}

export type SpanStart = {
  name: string
  kind: 'server' | 'internal' | 'producer' | 'consumer'
  /** W3C trace context; without it, the span begins a trace. */
  parent?: string | undefined
  /** The parent was named by a client: whether it is recorded is decided here, by the trace's id. */
  isForeign?: boolean
  /** Milliseconds since 1970; without it, now. */
  at?: number
  attributes?: SpanAttributes
}

export type SpanEnd = { name?: string; attributes?: SpanAttributes; hasFailed?: boolean }

export interface OpenSpan {
  /** W3C trace context of what the span brings about. Its flag says whether the trace is recorded. */
  readonly traceparent: string
  end(end?: SpanEnd): void
}

export interface Tracing {
  begin(start: SpanStart): OpenSpan
  /** Sends what waits, for 2 s at most. */
  stop(): Promise<void>
}

export type TracingOptions = {
  /** Below it is `/v1/traces`, by OTLP over HTTP. */
  endpoint: string | undefined
  /** The share of traces that are recorded, 0 to 1. */
  share: number
  service: string
  instance: string
  logger: Logger
  /** The time that all processes go by. [OPS29] */
  now: () => number
}

/** `null` without an endpoint: then nothing is loaded, and whoever would trace has one comparison to make. [OPS46] */
export async function createTracing({ endpoint, ...options }: TracingOptions): Promise<Tracing | null> {
  if (endpoint === undefined) return null
  const { createOtlpTracing } = await import('./otlp-tracing.ts')
  return createOtlpTracing({ ...options, endpoint })
}

const RECORDED = /"traceparent":"(00-[0-9a-f]{32}-[0-9a-f]{16}-01)"/

/** The trace context of an event's JSON text, when the trace is recorded. In a text within the JSON the quotes would be escaped. */
export function recordedTraceOf(json: string): string | undefined {
  return RECORDED.exec(json)?.[1]
}

/** The trace's id, as logs name it. */
export function traceIdOf(traceparent: string): string {
  return traceparent.slice(3, 35)
}
