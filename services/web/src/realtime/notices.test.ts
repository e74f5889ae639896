import { expect, it } from 'vitest'
import { createNotices } from './notices.ts'

it('the newest notice is shown at once: the oldest makes room, and who was closed already does not', () => {
  const open = new Map<string, () => void>()
  let count = 0
  const notify = createNotices(
    {
      show({ title, onClose }) {
        const id = `${++count} ${title}`
        open.set(id, onClose)
        return id
      },
      hide: (id) => open.delete(id),
    },
    2,
  )
  for (const title of ['a', 'b', 'c']) notify({ title })
  expect([...open.keys()]).toEqual(['2 b', '3 c'])
  open.get('2 b')!()
  open.delete('2 b')
  notify({ title: 'd' })
  expect([...open.keys()]).toEqual(['3 c', '4 d'])
})
