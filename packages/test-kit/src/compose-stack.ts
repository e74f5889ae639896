import { readFile } from 'node:fs/promises'
import { ROOT, run, waitUntil } from '@derm/local-servers'
import pg from 'pg'
import type { Stack } from './start-stack.ts'

/** Containers of a compose project that is running (infra/compose), under the names that tests know. */
export class ComposeService {
  readonly adminUrl = ''

  constructor(
    private readonly project: string,
    readonly name: string,
    readonly url: string,
  ) {}

  /** By its labels: the versions of compose name containers differently. */
  private async container(): Promise<string> {
    const filters = [`project=${this.project}`, `service=${this.name}`].flatMap((label) => [
      '--filter',
      `label=com.docker.compose.${label}`,
    ])
    const { stdout } = await run('docker', ['ps', '--all', '--quiet', ...filters])
    const [id] = stdout.trim().split('\n')
    if (!id) throw new Error(`compose runs no ${this.name} in ${this.project}`)
    return id
  }

  /** Within Docker's network, which on Linux the engine's own machine reaches. */
  async address(): Promise<string> {
    const format = '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}'
    return (await run('docker', ['inspect', '--format', format, await this.container()])).stdout.trim()
  }

  /** Asks it to end, waits until it has drained, and starts it again. */
  async restart(): Promise<void> {
    await run('docker', ['restart', '--time', '40', await this.container()])
  }

  /** As on a process: a signal that ends it ends the container, which stays so until `start`. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    await run('docker', ['kill', '--signal', signal, await this.container()])
  }

  async stop(): Promise<void> {
    await run('docker', ['stop', '--time', '30', await this.container()])
  }

  async start(): Promise<void> {
    await run('docker', ['start', await this.container()])
  }

  async isReady(): Promise<boolean> {
    const path = '/readyz'
    return run('docker', ['exec', await this.container(), 'node', '/app/healthcheck.js', path]).then(
      () => true,
      () => false,
    )
  }
}

/**
 * The stack that compose runs, for tests that ask for a front door: `DERM_TEST_COMPOSE=dermlive npm test -- two-windows`. What is more than
 * the test asks for is stopped meanwhile. Of the processes' lines nothing is to be had.
 */
export async function joinComposeStack(
  project: string,
  { apis, nodes }: { apis: number; nodes: number },
): Promise<Stack & { nodes: ComposeService[] }> {
  const origin = process.env['DERM_TEST_URL'] ?? 'http://localhost:8080'
  const service = (name: string) => new ComposeService(project, name, origin)
  const pods = ['api-1', 'api-2'].map(service)
  const all = ['realtime-1', 'realtime-2', 'realtime-3'].map(service)
  const redis = service('redis')
  const surplus = [...pods.slice(apis), ...all.slice(nodes)]
  const used = [...pods.slice(0, apis), ...all.slice(0, nodes)]
  await Promise.all(surplus.map((one) => one.stop()))
  for (const one of used) await waitUntil(() => one.isReady(), { what: `${one.name} to be ready`, timeoutMs: 60_000 })
  const pool = new pg.Pool({ connectionString: await findSuperuserUrl(service('postgres')), max: 2 })
  pool.on('error', () => {})
  const stack = {
    origin,
    apis: pods.slice(0, apis),
    nodes: all.slice(0, nodes),
    redis,
    lines: () => [],
    query: async (sql: string, parameters: unknown[] = []) => (await pool.query(sql, parameters)).rows as unknown[],
    async stop() {
      await pool.end()
      for (const one of [redis, ...pods, ...all]) await one.start()
    },
  }
  return stack as unknown as Stack & { nodes: ComposeService[] }
}

async function findSuperuserUrl(postgres: ComposeService): Promise<string> {
  const settings = await readFile(`${ROOT}/infra/compose/.env`, 'utf8')
  const url = new URL(/^SUPERUSER_DATABASE_URL=(.+)$/m.exec(settings)![1]!)
  url.hostname = await postgres.address()
  return url.href
}
