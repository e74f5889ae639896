import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { signIn } from '../sign-in.ts'
import { startStack, type Stack } from '../start-stack.ts'
import { Changes } from './changes.ts'
import type { CrowdOrder, CrowdReport } from './light-clients-process.ts'

/** At most so long is any but one of a hundred clients without an event, in milliseconds. */
const SILENCE_P99_MS = 1_500
/** About twenty changes a second: a change takes some milliseconds itself. */
const PAUSE_MS = 40
/** From a node that is ready to the next one that goes: the front door has to hear of it. */
const SETTLE_MS = 1_500

export type RollingOptions = { clients: number; nodes?: number }
type Spread = { p50: number; p99: number; max: number }
export type RollingResult = {
  ok: boolean
  /** Of the clients' longest times without an event. */
  silence: Spread
  /** Of the clients' longest times from an event's commit until they had it. */
  late: Spread
  /** Of the clients' longest times from leaving a node to being served by the next. */
  move: Spread
  /** The longest time in which nothing was changed, in milliseconds: no client can be silent for less. */
  longestPauseMs: number
  report: Omit<CrowdReport, 'silences' | 'lates' | 'moves' | 'seqs'>
  events: number
  faults: string[]
}

/**
 * Replaces every node, one after the other, under clients that come through the front door, while appointments change: how long is a client
 * without an event, and what is lost? [SES35]
 */
export async function runRolling({ clients, nodes = 3 }: RollingOptions): Promise<RollingResult> {
  const stack = await startStack({
    nodes,
    gateway: true,
    env: {
      MAX_CONNECTIONS_PER_USER: '100000',
      MAX_PENDING_PER_NETWORK: '1024',
      // All of them are one user here, and no budget of one user's is what is measured.
      RECOVERY_BURST_BYTES: '1000000000',
      USER_BUDGET: '100000',
      TENANT_BUDGET: '100000',
      DRAIN_DELAY_MS: '1500',
    },
  })
  const { lakeside } = getSeedIds()
  const location = lakeside.locations['downtown']!.id
  const { accessToken: token } = await signIn(stack.apis[0]!.url, stack.origin, lakeside.users['frontdesk']!.email)
  const options = { url: stack.origin.replace('http', 'ws'), origin: stack.origin, token, location, count: clients }
  const crowd = await startCrowd(JSON.stringify(options))
  try {
    const rows = await stack.query<{ id: string; version: number; status: string }>(
      'SELECT id, version, status::text AS status FROM appointments WHERE location_id = $1 LIMIT 40',
      [location],
    )
    const changes = new Changes(stack, async () => token, rows)
    let isRolling = true
    let longestPauseMs = 0
    const going = (async () => {
      let changedAt = performance.now()
      while (isRolling) {
        await changes.make(1, PAUSE_MS)
        longestPauseMs = Math.max(longestPauseMs, performance.now() - changedAt)
        changedAt = performance.now()
      }
    })()
    await waitUntil(() => changes.done >= 20, { what: 'the changes to run' })
    await crowd.ask('begin')
    longestPauseMs = 0
    const faults = await replaceAll(stack).finally(() => (isRolling = false))
    await going
    const channel = `${lakeside.tenantId}/l:${location}/scheduling`
    const [head] = await stack.query<{ seq: number }>('SELECT max(seq)::int AS seq FROM events WHERE channel = $1', [
      channel,
    ])
    let report = await crowd.ask('report')
    const isThere = async () => {
      report = await crowd.ask('report')
      return report.seqs.every((seq) => seq === head!.seq)
    }
    await waitUntil(isThere, { what: 'every client to be at the head', timeoutMs: 20_000 }).catch(() =>
      faults.push(`${report.seqs.filter((seq) => seq !== head!.seq).length} clients did not arrive at ${head!.seq}`),
    )
    const { silences, lates, moves, seqs: _seqs, ...rest } = report
    const silence = spreadOf(silences)
    const ok = rest.lost + rest.twice + rest.resyncs + faults.length === 0 && silence.p99 <= SILENCE_P99_MS
    return {
      ok,
      silence,
      late: spreadOf(lates),
      move: spreadOf(moves),
      longestPauseMs: Math.round(longestPauseMs),
      report: rest,
      events: changes.done,
      faults,
    }
  } finally {
    await crowd.stop()
    await stack.stop()
  }
}

/** @returns what went wrong. */
async function replaceAll(stack: Stack): Promise<string[]> {
  const faults: string[] = []
  for (const node of stack.nodes) {
    await node.kill('SIGTERM')
    if (node.lastExit?.code !== 0) faults.push(`${node.name} ended with ${JSON.stringify(node.lastExit)}`)
    node.start()
    await node.whenReady()
    await new Promise((resolve) => setTimeout(resolve, SETTLE_MS))
  }
  return faults
}

async function startCrowd(options: string) {
  const child = fork(fileURLToPath(new URL('./light-clients-process.ts', import.meta.url)), {
    execArgv: ['--import', 'tsx'],
    env: { ...process.env, CROWD: options },
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  })
  const exited = once(child, 'exit')
  const answer = async <Answer>(): Promise<Answer> => {
    const ended = exited.then(() => Promise.reject(new Error('the clients ended')))
    return ((await Promise.race([once(child, 'message'), ended])) as [Answer])[0]
  }
  await answer<'ready'>()
  return {
    ask(order: CrowdOrder): Promise<CrowdReport> {
      const answered = answer<CrowdReport>()
      child.send(order)
      return answered
    },
    async stop() {
      child.disconnect()
      await exited
    },
  }
}

function spreadOf(values: readonly number[]): Spread {
  return { p50: quantile(values, 0.5), p99: quantile(values, 0.99), max: quantile(values, 1) }
}

function quantile(values: readonly number[], part: number): number {
  const sorted = values.toSorted((a, b) => a - b)
  return Math.round(sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? 0)
}
