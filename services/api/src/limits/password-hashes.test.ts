import { expect, it } from 'vitest'
import { createPasswordHashes } from './password-hashes.ts'

it('[SEC32] one network has so many hashes waiting, is refused beyond, and waits behind itself only', async () => {
  const { verify } = createPasswordHashes()
  const done: string[] = []
  const ask = (network: string) =>
    verify(null, 'guess', { network, neighbourhood: network, isKnown: false }).then(
      () => done.push(network),
      (error: unknown) => done.push((error as { code?: string }).code ?? 'another error'),
    )
  const flood = Array.from({ length: 40 }, () => ask('flood'))
  await Promise.all([...flood, ask('other')])
  const refused = done.filter((one) => one === 'rate_limited').length
  // Those that run at once do not wait.
  expect(refused).toBeGreaterThanOrEqual(6)
  expect(refused).toBeLessThanOrEqual(7)
  expect(done.filter((one) => one !== 'rate_limited').indexOf('other')).toBeLessThan(4)
})

it('[SEC43] the networks of one /48 have so many hashes under way together, and leave room for others', async () => {
  const { verify } = createPasswordHashes()
  const ask = (network: number, neighbourhood: string) =>
    verify(null, 'guess', { network: `${neighbourhood} ${network}`, neighbourhood, isKnown: false }).then(
      () => 'done',
      (error: unknown) => (error as { code?: string }).code,
    )
  const flood = Array.from({ length: 120 }, (_, n) => ask(n, 'flood'))
  const other = ask(1, 'other')
  const answers = await Promise.all(flood)
  expect(answers.filter((one) => one === 'done')).toHaveLength(64)
  expect(answers.filter((one) => one === 'rate_limited')).toHaveLength(56)
  expect(await other).toBe('done')
})
