import { once } from 'node:events'
import { forkModule } from '../fork-module.ts'
import type { Stack } from '../start-stack.ts'
import type { BystanderQuestion } from './bystander-process.ts'
import type { BystanderOptions, Report } from './bystander.ts'

export type Bystander = {
  /** What was measured and what went wrong since the last call. */
  takeReport(): Promise<Report>
  /** Answers what went wrong since the last report. */
  stop(): Promise<string[]>
}

/** Starts the bystander of a stack as a process of its own. */
export async function startBystander(stack: Stack): Promise<Bystander> {
  const options: BystanderOptions = {
    apiUrl: stack.apis[0]!.url,
    nodeUrl: stack.nodes[0]!.url,
    origin: stack.origin,
    databaseUrl: stack.databases.apiUrl,
  }
  const child = forkModule(new URL('./bystander-process.ts', import.meta.url), { BYSTANDER: JSON.stringify(options) })
  const exited = once(child, 'exit')
  const answer = async <Answer>(question?: BystanderQuestion): Promise<Answer> => {
    const answered = once(child, 'message')
    if (question) child.send(question)
    const ended = exited.then(() => Promise.reject(new Error('the bystander ended')))
    return ((await Promise.race([answered, ended])) as [Answer])[0]
  }
  await answer<'ready'>()
  return {
    takeReport: () => answer<Report>('report'),
    async stop() {
      const faults = await answer<string[]>('stop')
      child.disconnect()
      await exited
      return faults
    },
  }
}
