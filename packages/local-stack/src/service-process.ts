import { spawn, type ChildProcess } from 'node:child_process'
import { createInterface } from 'node:readline'
import { ROOT, waitUntil } from '@derm/local-servers'

export type ServiceSpec = {
  name: string
  service: 'api' | 'realtime'
  port: number
  adminPort: number
  env: Record<string, string>
}

/** One of our services as a process of its own. */
export class ServiceProcess {
  readonly name: string
  readonly url: string
  readonly adminUrl: string
  /** How the last process of this service ended. */
  lastExit: { code: number | null; signal: string | null } | undefined
  private child: ChildProcess | undefined
  private isWanted = false
  private failures = 0

  constructor(
    readonly spec: ServiceSpec,
    private readonly options: { restarts: boolean; print: (line: string) => void; onChange?: () => void },
  ) {
    this.name = spec.name
    this.url = `http://127.0.0.1:${spec.port}`
    this.adminUrl = `http://127.0.0.1:${spec.adminPort}`
  }

  get pid(): number {
    return this.child?.pid ?? 0
  }

  get port(): number {
    return this.spec.port
  }

  start(env: Record<string, string> = {}): void {
    this.isWanted = true
    const { name, service, port, adminPort } = this.spec
    const child = spawn(process.execPath, ['--import', 'tsx', `${ROOT}/services/${service}/src/main.ts`], {
      cwd: ROOT,
      env: {
        ...process.env,
        ...this.spec.env,
        ...env,
        PORT: String(port),
        ADMIN_PORT: String(adminPort),
        INSTANCE_NAME: name,
        STACK_CHILD: '1',
      },
      stdio: ['pipe', 'pipe', 'pipe'],
      // Ctrl-C reaches the whole group of the terminal; the order of the end is ours.
      detached: true,
    })
    this.child = child
    child.stdin.on('error', () => {})
    for (const stream of [child.stdout, child.stderr])
      createInterface(stream).on('line', (line) => this.options.print(`${name} ${line}`))
    child.on('exit', (code, signal) => {
      this.lastExit = { code, signal }
      if (this.child !== child) return
      this.child = undefined
      this.options.onChange?.()
      if (!this.isWanted || !this.options.restarts) return
      this.options.print(`${name} ended (${signal ?? code}), and is started again`)
      setTimeout(() => this.isWanted && !this.child && this.start(env), Math.min(5000, 200 * 2 ** this.failures++))
    })
    this.options.onChange?.()
  }

  async whenReady(timeoutMs = 40_000): Promise<void> {
    await waitUntil(() => this.isReady(), { what: `${this.name} to be ready`, timeoutMs })
    this.failures = 0
  }

  async isReady(): Promise<boolean> {
    if (!this.child) return false
    const response = await fetch(`${this.adminUrl}/readyz`, { signal: AbortSignal.timeout(1000) }).catch(() => null)
    return response?.status === 200
  }

  /** Sends a signal and, when it ends the process, waits for that. */
  async kill(signal: NodeJS.Signals): Promise<void> {
    const { child } = this
    if (!child) return
    this.isWanted = this.options.restarts && this.isWanted
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill(signal)
    if (signal === 'SIGSTOP' || signal === 'SIGCONT') return
    await exited
  }

  async stop(): Promise<void> {
    this.isWanted = false
    const { child } = this
    if (!child) return
    const exited = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGTERM')
    const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
    await exited
    clearTimeout(timer)
  }
}
