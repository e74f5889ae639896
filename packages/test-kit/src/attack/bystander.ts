import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { connectClient } from '../connect-client.ts'
import { signIn } from '../sign-in.ts'
import { createEventWriter } from '../write-events.ts'

/** In milliseconds. */
export type Latencies = { readP99: number; eventP99: number }
export type Report = Latencies & { faults: string[] }

export type BystanderOptions = { apiUrl: string; nodeUrl: string; origin: string; databaseUrl: string }

const PAUSE_MS = 25

/**
 * A practice that has nothing to do with the attack: it reads its appointments again and again, and hears of events that are written for it.
 * Times hold the load of the machine; they are compared with the same bystander's in quiet.
 */
export async function measureBystander({ apiUrl, nodeUrl, origin, databaseUrl }: BystanderOptions) {
  const { summit } = getSeedIds()
  const [key, location] = Object.entries(summit.locations)[0]!
  const user = summit.users['owner']!
  const session = await signIn(apiUrl, origin, user.email)
  const client = await connectClient({ url: nodeUrl, origin, token: session.accessToken })
  const ack = await client.subscribe([{ topic: 'scheduling', location: location.id }])
  if (!ack.ok) throw new Error(`the bystander at ${key} cannot subscribe`)
  const writer = createEventWriter({
    apiUrl: databaseUrl,
    tenantId: summit.tenantId,
    locationId: location.id,
    actorId: user.id,
  })
  let reads: number[] = []
  let events: number[] = []
  let faults: string[] = []
  const heardFrom = client.events.length
  let written = 0
  let isStopping = false
  client.socket.on('disconnect', (reason) => {
    if (!isStopping) faults.push(`the bystander's socket ended: ${reason}`)
  })
  const from = new Date(Date.now() - 86_400_000).toISOString()
  const to = new Date(Date.now() + 86_400_000).toISOString()
  const url = `${apiUrl}/api/v1/appointments?locationId=${location.id}&from=${from}&to=${to}`

  const read = async () => {
    while (!isStopping) {
      const started = performance.now()
      const status = await fetch(url, {
        headers: { authorization: `Bearer ${session.accessToken}` },
        signal: AbortSignal.timeout(10_000),
      }).then(
        async (response) => (await response.arrayBuffer(), response.status),
        (error: unknown) => String(error),
      )
      reads.push(performance.now() - started)
      if (status !== 200) faults.push(`the bystander's read was answered with ${status}`)
      await pause()
    }
  }
  const write = async () => {
    while (!isStopping) {
      await writer
        .write(1)
        .catch((error: unknown) => faults.push(`the bystander's event was not written: ${String(error)}`))
      const started = performance.now()
      written++
      const count = heardFrom + written
      const isHere = await waitUntil(() => client.events.length >= count, {
        what: 'the event',
        timeoutMs: 10_000,
      }).then(
        () => true,
        () => false,
      )
      events.push(performance.now() - started)
      if (!isHere) faults.push('an event of the bystander was not there after ten seconds')
      else if (client.events.length !== count)
        faults.push(`${written} events were written, the bystander heard ${client.events.length - heardFrom}`)
      await pause()
    }
  }
  const going = Promise.all([read(), write()])
  return {
    /** What was measured and what went wrong since the last call. */
    takeReport(): Report {
      const report = { readP99: p99(reads), eventP99: p99(events), faults }
      reads = []
      events = []
      faults = []
      return report
    },
    /** Answers what went wrong since the last report. Everything that was written has arrived, once. */
    async stop(): Promise<string[]> {
      isStopping = true
      await going
      const count = client.events.length - heardFrom
      if (count !== written) faults.push(`${written} events were written, the bystander heard ${count}`)
      client.socket.disconnect()
      await writer.stop()
      return faults
    },
  }
}

const pause = () => new Promise((resolve) => setTimeout(resolve, PAUSE_MS))

function p99(times: readonly number[]): number {
  const sorted = times.toSorted((a, b) => a - b)
  return sorted[Math.ceil(sorted.length * 0.99) - 1] ?? Number.NaN
}
