import { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace, type Context } from '@opentelemetry/api'
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http'
import { resourceFromAttributes } from '@opentelemetry/resources'
import {
  BasicTracerProvider,
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  type SpanExporter,
} from '@opentelemetry/sdk-trace-base'
import type { Logger } from '@derm/core'
import type { SpanEnd, SpanStart, Tracing, TracingOptions } from './tracing.ts'

const EXPORT_EVERY_MS = 1_000
const EXPORT_TIMEOUT_MS = 3_000
const STOP_WITHIN_MS = 2_000
/** Spans beyond so many that wait are dropped: a collector that is away costs no memory. [OPS47] */
const MAX_WAITING = 2_048

const KINDS = {
  server: SpanKind.SERVER,
  internal: SpanKind.INTERNAL,
  producer: SpanKind.PRODUCER,
  consumer: SpanKind.CONSUMER,
}

/** Spans, sent in batches by OTLP over HTTP. No global is set, so that no library of the process traces by itself. */
export function createOtlpTracing({
  endpoint,
  share,
  service,
  instance,
  logger,
  now,
}: TracingOptions & { endpoint: string }): Tracing {
  const url = `${endpoint.replace(/\/+$/, '')}/v1/traces`
  const exporter = tellFailures(new OTLPTraceExporter({ url, timeoutMillis: EXPORT_TIMEOUT_MS }), logger)
  const byId = new TraceIdRatioBasedSampler(share)
  const provider = new BasicTracerProvider({
    resource: resourceFromAttributes({ 'service.name': service, 'service.instance.id': instance }),
    // A client's flag decides nothing: otherwise each could have all of its requests recorded.
    sampler: new ParentBasedSampler({ root: byId, remoteParentSampled: byId, remoteParentNotSampled: byId }),
    spanProcessors: [
      new BatchSpanProcessor(exporter, {
        maxQueueSize: MAX_WAITING,
        scheduledDelayMillis: EXPORT_EVERY_MS,
        exportTimeoutMillis: EXPORT_TIMEOUT_MS,
      }),
    ],
  })
  const tracer = provider.getTracer('derm')

  return {
    begin({ name, kind, parent, isForeign = false, at = now(), attributes = {} }: SpanStart) {
      const context = parent === undefined ? ROOT_CONTEXT : toContext(parent, isForeign)
      const span = tracer.startSpan(name, { kind: KINDS[kind], startTime: at, attributes }, context)
      const { traceId, spanId, traceFlags } = span.spanContext()
      return {
        traceparent: `00-${traceId}-${spanId}-${(traceFlags & 1) === 1 ? '01' : '00'}`,
        end({ name, attributes, hasFailed = false }: SpanEnd = {}) {
          if (name !== undefined) span.updateName(name)
          if (attributes) span.setAttributes(attributes)
          if (hasFailed) span.setStatus({ code: SpanStatusCode.ERROR })
          span.end(Math.max(at, now()))
        },
      }
    },
    async stop() {
      let timer: NodeJS.Timeout | undefined
      const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, STOP_WITHIN_MS)))
      await Promise.race([provider.shutdown().catch(() => {}), late])
      clearTimeout(timer)
    },
  }
}

function toContext(traceparent: string, isRemote: boolean): Context {
  const [, traceId = '', spanId = '', flags = '00'] = traceparent.split('-')
  return trace.setSpanContext(ROOT_CONTEXT, { traceId, spanId, traceFlags: Number.parseInt(flags, 16) & 1, isRemote })
}

/** A failure is a warning, which the log folds, and nobody else's affair. Only its code is printed: the text is a server's. [OPS33] [OPS47] */
function tellFailures(exporter: SpanExporter, logger: Logger): SpanExporter {
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const { code } = (result.error ?? {}) as { code?: unknown }
        if (result.error)
          logger.warn(
            { code: typeof code === 'number' || typeof code === 'string' ? code : 'unknown' },
            'traces could not be exported',
          )
        done({ code: 0 })
      })
    },
    shutdown: () => exporter.shutdown(),
  }
}
