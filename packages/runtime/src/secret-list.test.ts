import { expect, it } from 'vitest'
import { SecretListText, parseSecretList } from './secret-list.ts'

const [first, second] = ['first-secret-of-32-characters-aaaa', 'second-secret-of-32-characters-bbb'] as const

it('[OPS6] a list of secrets is newest first, and each has an id that follows from it alone', () => {
  const [one] = parseSecretList(first)
  const [two, old, ...more] = parseSecretList(`${second}, ${first}`)
  expect(more).toEqual([])
  expect([two.secret, old]).toEqual([second, one])
  expect(one.id).toMatch(/^[0-9a-f]{8}$/)
  expect(two.id).not.toBe(one.id)
})

it.each([
  ['a short one', 'short'],
  ['a short one beside a long one', `${first},short`],
  ['an empty one', `${first},`],
  ['the same one twice', `${first},${first}`],
  ['too many', [1, 2, 3, 4].map((n) => first + n).join(',')],
])('[OPS6] %s is refused, and the fault quotes no secret', (_name, text) => {
  const parsed = SecretListText.safeParse(text)
  expect(parsed.success).toBe(false)
  expect(parsed.error?.issues).toHaveLength(1)
  expect(JSON.stringify(parsed.error?.issues)).not.toContain('short')
})
