import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from './ports.ts'
import { canInstall, findProgram, run, startKept } from './program.ts'
import { ROOT } from './root.ts'
import { waitUntil } from './wait-until.ts'

export type PrometheusPrograms = { prometheus: string; promtool: string }

const FOLDER = join(ROOT, 'node_modules', '.cache', 'dermlive', 'prometheus')

/**
 * The programs in PATH, else Debian's, unpacked into the cache and not installed: installed, it would run as a service. `null` where there is
 * neither.
 */
export async function findPrometheus(): Promise<PrometheusPrograms | null> {
  const installed = inPath()
  if (installed) return installed
  const unpacked = join(FOLDER, 'usr', 'bin')
  const found = { prometheus: join(unpacked, 'prometheus'), promtool: join(unpacked, 'promtool') }
  const works = () =>
    run(found.promtool, ['--version']).then(
      () => true,
      () => false,
    )
  if (await works()) return found
  if (!findProgram('apt-get') || !findProgram('dpkg-deb')) return null
  await unpack().catch(() => {})
  return (await works()) ? found : null
}

function inPath(): PrometheusPrograms | null {
  const [prometheus, promtool] = [findProgram('prometheus'), findProgram('promtool')]
  return prometheus && promtool ? { prometheus, promtool } : null
}

async function unpack(): Promise<void> {
  await mkdir(FOLDER, { recursive: true })
  const folder = await mkdtemp(join(tmpdir(), 'derm-prometheus-'))
  const download = () => run('apt-get', ['download', 'prometheus'], { cwd: folder, maxBuffer: 64e6 })
  try {
    await download().catch(async (error: unknown) => {
      if (!canInstall()) throw error
      await run('apt-get', ['update'], { maxBuffer: 64e6 })
      await download()
    })
    const file = (await readdir(folder)).find((name) => name.endsWith('.deb'))
    if (file) await run('dpkg-deb', ['-x', join(folder, file), FOLDER])
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

export type Prometheus = {
  /** The samples of an instant query: labels and value. */
  query(expression: string): Promise<{ metric: Record<string, string>; value: number }[]>
  stop(): Promise<void>
}

/** A real Prometheus that scrapes these addresses each second. `targets`: by job, each `host:port`. `rules`: files of rules. */
export async function startPrometheus(
  { prometheus }: PrometheusPrograms,
  { targets, rules }: { targets: Readonly<Record<string, readonly string[]>>; rules: readonly string[] },
): Promise<Prometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'derm-prometheus-'))
  const port = await findFreePort()
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: rules,
    scrape_configs: Object.entries(targets).map(([job, addresses]) => ({
      job_name: job,
      static_configs: [{ targets: addresses }],
    })),
  }
  // JSON is YAML.
  const file = join(folder, 'prometheus.yml')
  await writeFile(file, JSON.stringify(config))
  const url = `http://127.0.0.1:${port}`
  const program = await startKept(prometheus, [
    `--config.file=${file}`,
    `--storage.tsdb.path=${join(folder, 'data')}`,
    `--web.listen-address=127.0.0.1:${port}`,
    '--log.level=error',
  ])
  const stop = async () => {
    await program.stop()
    await rm(folder, { recursive: true, force: true })
  }
  try {
    await waitUntil(async () => (await fetch(`${url}/-/ready`)).ok, { what: 'Prometheus to answer' })
  } catch (error) {
    await stop()
    throw error
  }
  return {
    stop,
    async query(expression) {
      const response = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`)
      const answer = (await response.json()) as {
        error?: string
        data: { result: { metric: Record<string, string>; value: [number, string] }[] }
      }
      if (!response.ok) throw new Error(`${expression}: ${answer.error}`)
      return answer.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }))
    },
  }
}
