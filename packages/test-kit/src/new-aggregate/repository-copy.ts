import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { cp, mkdir, mkdtemp, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { ROOT } from '@derm/local-servers'

/** What is made anew in the copy, or not needed there. */
const LEFT_OUT = new Set(['node_modules', 'generated', 'dist', 'coverage', '.git', '.data', '.turbo'])
/** Of `node_modules`: what tools write. */
const CACHES = /^\.(cache|vite|vite-temp)$/

export type Outcome = { code: number | null; output: string }

/** A copy of the repository as it lies on the disk, in a temporary folder. Its packages are its own; what they depend on is linked. */
export class RepositoryCopy {
  private readonly running = new Set<ChildProcess>()
  private constructor(readonly folder: string) {}

  static async make(): Promise<RepositoryCopy> {
    const copy = new RepositoryCopy(await mkdtemp(join(tmpdir(), 'derm-copy-')))
    try {
      await cp(ROOT, copy.folder, { recursive: true, filter: (path) => !LEFT_OUT.has(basename(path)) })
      await copy.linkModules()
      return copy
    } catch (error) {
      await copy.remove()
      throw error
    }
  }

  read(path: string): Promise<string> {
    return readFile(join(this.folder, path), 'utf8')
  }

  async write(path: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, path)), { recursive: true })
    await writeFile(join(this.folder, path), text)
  }

  /** @throws when there is nothing of that kind in the file. */
  async edit(path: string, find: RegExp | string, put: string): Promise<void> {
    const text = await this.read(path)
    const changed = text.replace(find, put)
    if (changed === text) throw new Error(`${path} has nothing like ${String(find)}`)
    await this.write(path, changed)
  }

  /** Runs a program of the copy to its end, in a process group of its own. */
  async run(command: string, args: string[], env: Record<string, string> = {}): Promise<Outcome> {
    const child = spawn(command, args, {
      cwd: this.folder,
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
      // What Vitest tells its own workers is not for another Vitest.
      env: { ...withoutVitest(process.env), NO_COLOR: '1', FORCE_COLOR: '0', ...env },
    })
    this.running.add(child)
    let output = ''
    child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
    child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()))
    const [code] = (await once(child, 'close').finally(() => this.running.delete(child))) as [number | null]
    return { code, output }
  }

  /** The same for what must succeed. @throws with what it printed. */
  async mustRun(command: string, args: string[], env: Record<string, string> = {}): Promise<string> {
    const { code, output } = await this.run(command, args, env)
    if (code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${output.slice(-6000)}`)
    return output
  }

  /** Ends what still runs in it, and leaves nothing of it. */
  async remove(): Promise<void> {
    await Promise.all([...this.running].map(endGroup))
    await rm(this.folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }

  private async linkModules(): Promise<void> {
    const own = await listPackages(ROOT)
    for (const home of ['', ...own.map(({ path }) => path)]) {
      const modules = join(home, 'node_modules')
      const names = await readdir(join(ROOT, modules)).catch(() => [])
      await mkdir(join(this.folder, modules), { recursive: true })
      for (const name of names)
        if (name !== '@derm' && !CACHES.test(name))
          await symlink(join(ROOT, modules, name), join(this.folder, modules, name))
    }
    await mkdir(join(this.folder, 'node_modules/@derm'))
    for (const { name, path } of own)
      await symlink(join(this.folder, path), join(this.folder, 'node_modules', name), 'dir')
  }
}

async function listPackages(root: string): Promise<{ name: string; path: string }[]> {
  const groups = await Promise.all(
    ['packages', 'services'].map(async (group) => (await readdir(join(root, group))).map((name) => join(group, name))),
  )
  return Promise.all(
    groups.flat().map(async (path) => {
      const { name } = JSON.parse(await readFile(join(root, path, 'package.json'), 'utf8')) as { name: string }
      return { name, path }
    }),
  )
}

function withoutVitest(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !/^(VITEST|VITE|NODE_OPTIONS|TEST$)/.test(name)))
}

/** Asks first, so that servers and their folders go too. */
async function endGroup(child: ChildProcess): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null) return
  const group = -child.pid
  const closed = once(child, 'close')
  process.kill(group, 'SIGTERM')
  const timer = setTimeout(() => {
    try {
      process.kill(group, 'SIGKILL')
    } catch {
      // It has ended meanwhile.
    }
  }, 15_000)
  await closed
  clearTimeout(timer)
}
