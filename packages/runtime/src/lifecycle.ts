import type { Logger } from '@derm/core'

/**
 * States: idle → starting → running → draining → stopped. Steps start in their order; when the end comes every step's `drain` runs
 * in reverse order, then every `stop` in reverse order. What started can stop; a step that fails to stop does not keep the others from it.
 */
export type Step = {
  name: string
  start?: () => unknown
  /** Finish what is under way, accept nothing new. */
  drain?: () => unknown
  /** Let go of sockets, pools and timers. */
  stop?: () => unknown
}

export interface Lifecycle {
  add(step: Step): void
  /** Starts all steps; on a failure stops what had started, and exits with 1. */
  start(): Promise<void>
  /** True from the end of the start to the beginning of the drain. */
  isRunning(): boolean
  /** Drains and stops, then exits. Safe to call twice. */
  end(reason: string, exitCode?: number): Promise<void>
}

/** 0: asked to end, and drained. 1: could not start, or the drain ran out of time. 70: an exception that nobody caught. */
export const EXIT = { ok: 0, failed: 1, crashed: 70 } as const

/** A process in an unknown state may finish its answers, but not for long. */
const CRASH_GRACE_MS = 3_000

export type LifecycleOptions = {
  logger: Logger
  /** How long the drain may take, in milliseconds. */
  graceMs: number
  /** Ends when the parent's pipe closes: a parent that was killed leaves no process behind. */
  isStackChild?: boolean
  onUnhandledRejection?: () => void
  process?: NodeJS.Process
}

/**
 * SIGTERM and SIGINT drain and exit with 0; the same one again exits at once. (Ctrl-C brings both: one from the terminal, one from the parent.) An uncaught exception is logged, the process drains
 * shortly and exits with 70. An unhandled rejection is logged and counted, and the process lives: it leaves no
 * half-run synchronous code behind, and no input may end a process.
 */
export function createLifecycle({
  logger,
  graceMs,
  isStackChild = false,
  onUnhandledRejection = () => {},
  process: host = process,
}: LifecycleOptions): Lifecycle {
  const steps: Step[] = []
  const started: Step[] = []
  let state: 'idle' | 'starting' | 'running' | 'draining' | 'stopped' = 'idle'
  let ending: Promise<void> | undefined

  const attempt = async (step: Step, part: 'drain' | 'stop') => {
    try {
      await step[part]?.()
    } catch (error) {
      logger.error({ step: step.name, error }, `a step failed to ${part}`)
    }
  }

  async function drainAndStop(reason: string, exitCode: number, limit: number): Promise<void> {
    state = 'draining'
    logger.info({ reason }, 'draining')
    const timer = setTimeout(() => {
      logger.error({ reason, ms: limit }, 'the drain ran out of time')
      host.exit(exitCode === EXIT.ok ? EXIT.failed : exitCode)
    }, limit)
    const reversed = [...started].reverse()
    for (const step of reversed) await attempt(step, 'drain')
    for (const step of reversed) await attempt(step, 'stop')
    clearTimeout(timer)
    state = 'stopped'
    logger.info({ reason, exitCode }, 'stopped')
    host.exit(exitCode)
  }

  function end(reason: string, exitCode: number = EXIT.ok, limit = graceMs): Promise<void> {
    ending ??= drainAndStop(reason, exitCode, limit)
    return ending
  }

  function listen(): void {
    const heard = new Set<string>()
    for (const signal of ['SIGTERM', 'SIGINT'] as const)
      host.on(signal, () => {
        if (heard.has(signal)) host.exit(EXIT.failed)
        heard.add(signal)
        void end(signal)
      })
    host.on('uncaughtException', (error) => {
      logger.error({ error }, 'uncaught exception')
      void end('uncaughtException', EXIT.crashed, Math.min(graceMs, CRASH_GRACE_MS))
    })
    host.on('unhandledRejection', (reason) => {
      logger.error({ error: reason instanceof Error ? reason : new Error('not an error') }, 'unhandled rejection')
      onUnhandledRejection()
    })
    if (!isStackChild) return
    if (host.send) host.on('disconnect', () => void end('the parent is gone'))
    else {
      host.stdin.on('end', () => void end('the parent is gone'))
      host.stdin.on('error', () => void end('the parent is gone'))
      host.stdin.resume()
    }
  }

  return {
    add: (step) => void steps.push(step),
    isRunning: () => state === 'running',
    end,
    async start() {
      state = 'starting'
      listen()
      try {
        for (const step of steps) {
          if (ending) return await ending
          started.push(step)
          await step.start?.()
        }
      } catch (error) {
        logger.error({ step: started.at(-1)?.name, error }, 'the start failed')
        return end('start failed', EXIT.failed)
      }
      if (!ending) state = 'running'
    },
  }
}
