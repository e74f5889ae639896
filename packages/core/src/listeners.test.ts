import { expect, it } from 'vitest'
import { createListeners } from './listeners.ts'

it('a listener that throws keeps nothing from the others, nor does one that stops listening meanwhile', () => {
  const heard: string[] = []
  const errors: unknown[] = []
  const { listen, tell } = createListeners<[string]>((error) => errors.push(error))
  const stop = listen(() => stop())
  listen(() => {
    throw new Error('no')
  })
  listen((word) => heard.push(word))
  tell('one')
  tell('two')
  expect(heard).toEqual(['one', 'two'])
  expect(errors).toHaveLength(2)
})
