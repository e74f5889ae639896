import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { readSecrets } from './secrets.ts'

let folder: string
beforeEach(async () => void (folder = await mkdtemp(join(tmpdir(), 'derm-secrets-'))))
afterEach(() => rm(folder, { recursive: true }))

it('secrets are made once, for their owner alone, and kept', async () => {
  const made = await readSecrets(folder)
  expect(await readSecrets(folder)).toEqual(made)
  expect(new Set(Object.values(made.passwords)).size).toBe(5)
  const files = await readdir(folder)
  expect(files.toSorted()).toEqual(['secrets.json', 'signing-keys.json'])
  for (const file of files) expect((await stat(join(folder, file))).mode & 0o777).toBe(0o600)
})

it('a folder of an earlier version gets the password of a role and the secret that it did not have, once', async () => {
  const made = await readSecrets(folder)
  const { jobs: _, ...others } = made.passwords
  const { signingKeysFile: __, refreshTokenSecret: ___, ...kept } = made
  await writeFile(join(folder, 'secrets.json'), JSON.stringify({ ...kept, passwords: others }))
  const completed = await readSecrets(folder)
  expect(completed).toEqual({
    ...made,
    refreshTokenSecret: expect.stringMatching(/^[\w-]{64}$/),
    passwords: { ...others, jobs: expect.stringMatching(/^[\w-]{32}$/) },
  })
  expect(completed.refreshTokenSecret).not.toBe(made.eventSigningSecret)
  expect(await readSecrets(folder)).toEqual(completed)
})

it.each(['secrets.json', 'signing-keys.json'])(
  'a damaged %s is said, without a word of what it holds',
  async (name) => {
    await readSecrets(folder)
    const file = join(folder, name)
    const text = await readFile(file, 'utf8')
    for (const damaged of [text.slice(0, 60), '', '{}', '[]']) {
      await writeFile(file, damaged)
      const error = (await readSecrets(folder).catch((thrown: unknown) => thrown)) as Error
      expect(error.message).toBe(
        `${file} is damaged. Delete it and start again: a new one is made, the data stays, and everybody signs in again.`,
      )
      expect(error.cause).toBeUndefined()
    }
    await rm(file)
    expect((await readSecrets(folder)).eventSigningSecret).not.toBe('')
  },
)
