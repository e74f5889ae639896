import type { UserId } from '@derm/contract'
import { expect, it } from 'vitest'
import { chooseLeaving } from './choose-leaving.ts'

const of = (userId: string, count: number) =>
  Array.from({ length: count }, (_, i) => ({ userId: userId as UserId, name: `${userId}${i + 1}` }))
const namesOf = (members: readonly { name: string }[]) => members.map(({ name }) => name)

it('[SES38] those who came first leave first', () => {
  expect(namesOf(chooseLeaving([...of('a', 1), ...of('b', 1), ...of('c', 1)], 2))).toEqual(['a1', 'b1'])
})

it('[SES38] what a user has beyond the eighth socket leaves before anybody else', () => {
  const members = [...of('other', 1), ...of('many', 11)]
  expect(namesOf(chooseLeaving(members, 3))).toEqual(['many11', 'many10', 'many9'])
  expect(namesOf(chooseLeaving(members, 5))).toEqual(['many11', 'many10', 'many9', 'other1', 'many1'])
})
