import { expect, it } from 'vitest'
import { createSharedReads } from './shared-reads.ts'

/** A computation that ends when it is told to. */
function createWork() {
  const ends: ((value: string) => void)[] = []
  const fails: ((error: Error) => void)[] = []
  const compute = () =>
    new Promise<string>((resolve, reject) => {
      ends.push(resolve)
      fails.push(reject)
    })
  return { ends, fails, compute }
}
const settle = () => new Promise((resolve) => setImmediate(resolve))

it('[INV] who comes while one leads shares the next computation, which begins after they came', async () => {
  let joined = 0
  const shared = createSharedReads(() => joined++)
  const { ends, compute } = createWork()
  const release = shared.lead('a')
  const followers = Array.from({ length: 99 }, () => shared.join('a', compute))
  await settle()
  expect(ends).toHaveLength(0)
  release?.()
  await settle()
  expect(ends).toHaveLength(1)
  const late = [shared.join('a', compute), shared.join('a', compute)]
  ends[0]?.('first')
  expect(new Set(await Promise.all(followers))).toEqual(new Set(['first']))
  await settle()
  ends[1]?.('second')
  expect(await Promise.all(late)).toEqual(['second', 'second'])
  expect(joined).toBe(98 + 1)
  await settle()
  expect(shared.lead('a')).not.toBeNull()
})

it('keys do not wait for each other', () => {
  const shared = createSharedReads()
  expect(shared.lead('a')).not.toBeNull()
  expect(shared.lead('b')).not.toBeNull()
  expect(shared.lead('a')).toBeNull()
})

it('a computation that fails fails for those who share it, and the next one runs', async () => {
  const shared = createSharedReads()
  const { ends, fails, compute } = createWork()
  const release = shared.lead('a')
  const [one, two] = [shared.join('a', compute), shared.join('a', compute)]
  release?.()
  await settle()
  const third = shared.join('a', compute)
  fails[0]?.(new Error('lost'))
  await expect(one).rejects.toThrow('lost')
  await expect(two).rejects.toThrow('lost')
  await settle()
  ends[1]?.('well')
  expect(await third).toBe('well')
})

it('a join of an idle key computes at once, and can be followed', async () => {
  const shared = createSharedReads()
  const { ends, compute } = createWork()
  const one = shared.join('a', compute)
  expect(shared.lead('a')).toBeNull()
  ends[0]?.('done')
  expect(await one).toBe('done')
  await settle()
  expect(shared.lead('a')).not.toBeNull()
})
