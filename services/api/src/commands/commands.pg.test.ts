import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { useTestDatabase } from '@derm/test-kit'
import { describe, expect, it } from 'vitest'

const db = useTestDatabase()

type Ended = { code: number; lines: Record<string, unknown>[]; errors: string }

/** As in an image: a process, and nothing but the environment. */
function run(command: 'migrate' | 'seed', env: Record<string, string>): Promise<Ended> {
  const file = fileURLToPath(new URL(`${command}.ts`, import.meta.url))
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ['--import', 'tsx', file],
      { env: { PATH: process.env['PATH']!, ...env } },
      (error, out, errors) => {
        const lines = out.split('\n').flatMap((line) => (line ? [JSON.parse(line) as Record<string, unknown>] : []))
        resolve({ code: error ? Number(error.code) : 0, lines, errors })
      },
    )
  })
}
const urls = () => ({
  OWNER_DATABASE_URL: db.ownerUrl,
  DATABASE_URL: db.apiUrl,
  RELAY_DATABASE_URL: db.relayUrl,
  JOBS_DATABASE_URL: db.jobsUrl,
  ACCESS_DATABASE_URL: db.realtimeUrl,
})

describe('the commands of the API’s image [OPS18]', () => {
  it('migrate makes the roles with the passwords of the urls, and may be run again', async () => {
    const { code, lines } = await run('migrate', {
      NODE_ENV: 'test',
      SUPERUSER_DATABASE_URL: db.superuserUrl,
      ...urls(),
    })
    expect(code).toBe(0)
    expect(lines.map(({ msg }) => msg)).toEqual(['the roles are as they must be', 'the schema is up to date'])
    expect(lines.at(-1)).toMatchObject({ count: 0, service: 'migrate' })
  })

  it('migrate needs the owner alone where others made the roles', async () => {
    expect((await run('migrate', { NODE_ENV: 'test', OWNER_DATABASE_URL: db.ownerUrl })).code).toBe(0)
  })

  it('a url that is missing, or of another role, is a fault by name, and no value is printed', async () => {
    const { OWNER_DATABASE_URL, RELAY_DATABASE_URL } = urls()
    const given = { OWNER_DATABASE_URL, DATABASE_URL: RELAY_DATABASE_URL, RELAY_DATABASE_URL }
    const { code, errors } = await run('migrate', {
      NODE_ENV: 'test',
      SUPERUSER_DATABASE_URL: db.superuserUrl,
      ...given,
    })
    expect(code).toBe(1)
    expect(errors).toContain('DATABASE_URL: is not a url of derm_api')
    expect(errors).toContain('JOBS_DATABASE_URL: is required with SUPERUSER_DATABASE_URL')
    for (const url of Object.values(given)) expect(errors).not.toContain(new URL(url).password)
  })

  it('what fails ends with 1 and a line that names Postgres’ code and quotes no url', async () => {
    const wrong = new URL(db.ownerUrl)
    wrong.pathname = '/nowhere'
    const { code, lines } = await run('migrate', { NODE_ENV: 'test', OWNER_DATABASE_URL: wrong.href })
    expect(code).toBe(1)
    expect(lines.at(-1)).toMatchObject({ level: 'error', msg: 'the command failed', error: { code: '3D000' } })
  })

  it('production refuses the demo’s accounts, and every url without TLS', async () => {
    const { code, errors } = await run('seed', { OWNER_DATABASE_URL: db.ownerUrl, SEED_SIZE: 'full' })
    expect(code).toBe(1)
    expect(errors).toContain('SEED_SIZE: is demo data')
    expect(errors).toContain('OWNER_DATABASE_URL: goes without TLS')
    const silent = await run('seed', { OWNER_DATABASE_URL: db.ownerUrl })
    expect(silent.errors).toContain('SEED_SIZE: is demo data')
  })
})
