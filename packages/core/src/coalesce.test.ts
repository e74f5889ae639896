import { expect, it } from 'vitest'
import { coalesce } from './coalesce.ts'

it('runs once at a time, and anew after it has settled, well or not', async () => {
  const ends: { resolve: (value: number) => void; reject: (error: Error) => void }[] = []
  const run = coalesce(() => new Promise<number>((resolve, reject) => ends.push({ resolve, reject })))
  const both = [run(), run()]
  expect(ends).toHaveLength(1)
  ends[0]!.resolve(1)
  expect(await Promise.all(both)).toEqual([1, 1])
  const failing = run()
  ends[1]!.reject(new Error('no'))
  await expect(failing).rejects.toThrow('no')
  void run()
  expect(ends).toHaveLength(3)
})
