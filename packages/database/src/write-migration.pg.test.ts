import { appendFile, cp, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import pg from 'pg'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { useTestDatabase } from '@derm/local-servers/testing'
import { MigrationRefused, PRISMA_FOLDER, migrate, writeMigration, type MigrationRequest } from './index.ts'
import { diffWithSchema } from './schema-folder.ts'
import { readWalls } from './testing/read-walls.ts'
import { TABLE_WALLS } from './testing/table-walls.ts'

const db = useTestDatabase()
const CLAIMS = `model Claim {
  id        BigInt @id @default(autoincrement())
  tenantId  String @map("tenant_id") @db.Uuid
  patientId String @map("patient_id") @db.Uuid
  patient   Patient @relation(fields: [tenantId, patientId], references: [tenantId, id], onDelete: Restrict)

  @@unique([tenantId, id])
  @@map("claims")
}
`
let copy: string
let folder: URL
beforeEach(async () => {
  copy = await mkdtemp(join(tmpdir(), 'derm-schema-'))
  await cp(fileURLToPath(PRISMA_FOLDER), copy, { recursive: true })
  folder = pathToFileURL(`${copy}/`)
})
afterEach(() => rm(copy, { recursive: true }))

const change = async (aggregate: string, from: string, to: string) => {
  const file = new URL(`schema/${aggregate}.prisma`, folder)
  const text = await readFile(file, 'utf8')
  expect(text).toContain(from)
  await writeFile(file, text.replace(from, to))
}
const write = (request: Partial<MigrationRequest> = {}) =>
  writeMigration({
    ownerUrl: db.ownerUrl,
    name: 'add_claims',
    now: new Date('2031-02-03T04:05:06Z'),
    folder,
    ...request,
  })

it.each(['', 'Add', 'add-claims', 'add__claims', '../add', 'add claims', '1', 'a'.repeat(61)])(
  'refuses %j as a name, and writes nothing',
  async (name) => {
    const before = await readdir(new URL('migrations/', folder))
    await expect(write({ name })).rejects.toThrow(MigrationRefused)
    expect(await readdir(new URL('migrations/', folder))).toEqual(before)
  },
)

it('says so when there is nothing to write', async () => {
  await expect(write()).rejects.toThrow(/nothing to write/)
})

it('warns of what pods of the version before still use, of values that rows lack, and of writers that wait', async () => {
  await change('patients', 'phone       String?\n', 'phone       String?\n  nickname    String\n')
  await change('patients', '  email       String?\n', '')
  await change('patients', '@@unique([tenantId, mrn])', '@@unique([tenantId, mrn])\n  @@index([tenantId, createdAt])')
  const { checks } = await write({ name: 'change_patients' })
  expect(checks).toEqual([
    expect.stringMatching(/drops/),
    expect.stringMatching(/not be null/),
    expect.stringMatching(/index/),
  ])
})

it('warns of a column that may no longer be null, and of one whose type changes', async () => {
  await change('patients', 'phone       String?\n', 'phone       String\n')
  await change('patients', '  email       String?\n', '  email       String?  @db.VarChar(40)\n')
  const { checks } = await write({ name: 'tighten_patients' })
  expect(checks).toEqual([expect.stringMatching(/forbids null/), expect.stringMatching(/column’s type/)])
})

it('asks who may see a table that belongs to no tenant', async () => {
  await appendFile(new URL('schema/practice.prisma', folder), 'model Code {\n  id Int @id\n\n  @@map("codes")\n}\n')
  const { sql, checks } = await write({ name: 'add_codes' })
  expect(sql).toContain('-- codes has no tenant_id')
  expect(checks).toEqual([expect.stringMatching(/^codes has no column tenant_id/)])
})

it('writes a new table with its wall; applied, nothing is left to write', async () => {
  await writeFile(new URL('schema/claims.prisma', folder), CLAIMS)
  await change(
    'patients',
    '  waitlist     WaitlistEntry[]\n',
    '  waitlist     WaitlistEntry[]\n  claims       Claim[]\n',
  )
  const { path, checks } = await write()
  expect(path).toMatch(/migrations\/20310203040506_add_claims\/migration\.sql$/)
  expect(checks).toEqual([expect.stringMatching(/^claims: .*table-walls\.ts/)])

  await expect(migrate(db.ownerUrl, folder)).resolves.toEqual(['20310203040506_add_claims'])
  expect(await diffWithSchema(db.ownerUrl, folder)).toBeNull()
  const client = new pg.Client(db.superuserUrl)
  await client.connect()
  const walls = await readWalls(client).finally(() => client.end())
  expect(walls['claims']).toEqual(TABLE_WALLS['patients'])
  expect(walls['claims_id_seq']).toEqual(TABLE_WALLS['audit_log_id_seq'])

  // The one after it is later, also by a clock that is behind.
  await change('claims', 'patientId String', 'note      String?\n  patientId String')
  expect((await write({ name: 'add_note', now: new Date('2026-01-01T00:00:00Z') })).path).toContain(
    '/20310203040507_add_note/',
  )
})
