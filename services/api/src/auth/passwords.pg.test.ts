import { hash } from '@node-rs/argon2'
import { beforeAll, describe, expect, it } from 'vitest'
import { ids, useTestPod } from '../testing/test-pod.ts'

const pod = useTestPod()
const email = 'ma@lakeside.example'
/** 120 characters: spaces at both ends, capitals, and letters that another form of Unicode would write otherwise. */
const password = ` Correct Horse ${'é'.repeat(20)} Ångström ${'0123456789'.repeat(7)}1234 `
const signIn = (text: string) => pod.nobody.post('/auth/login', { email, password: text })

beforeAll(async () => {
  await pod.sql('UPDATE users SET password_hash = $1 WHERE id = $2', [
    await hash(password),
    ids.lakeside.users['ma']!.id,
  ])
})

describe('[SEC] a password', () => {
  it('is stored as argon2id, at the cost that is advised today', async () => {
    const [{ hash: seeded }] = await pod.sql('SELECT password_hash AS hash FROM users WHERE email = $1', [
      'owner@lakeside.example',
    ])
    for (const stored of [seeded, await hash('any')]) expect(stored).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/)
  })
  it('may be long, of any characters, and is taken as it is', async () => {
    expect(password).toHaveLength(120)
    expect((await signIn(password)).status).toBe(200)
  })
  it.each([
    ['without its spaces', password.trim()],
    ['in other case', password.toLowerCase()],
    ['in another form of Unicode', password.normalize('NFD')],
    ['cut off', password.slice(0, 72)],
  ])('is another one %s', async (_name, text) => {
    expect(text).not.toBe(password)
    expect(await signIn(text)).toMatchObject({ status: 401, body: { code: 'bad_credentials' } })
  })
})
