import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { expect, it } from 'vitest'
import { TEST_GROUPS, toFilters } from './test-groups.ts'

const files = ['packages', 'services'].flatMap((room) =>
  readdirSync(join(ROOT, room)).flatMap((name) =>
    readdirSync(join(ROOT, room, name, 'src'), { recursive: true, encoding: 'utf8' })
      .filter((path) => /\.test\.tsx?$/.test(path))
      .map((path) => `${room}/${name}/src/${path}`),
  ),
)

it.each([...TEST_GROUPS].flatMap(([group, paths]) => paths.map((path) => [group, path] as const)))(
  'the group %s has tests at %s',
  (_, path) => {
    expect(files.filter((file) => file.startsWith(path))).not.toEqual([])
  },
)

it('a group’s name stands for its paths, whatever its case, beside other words', () => {
  const filters = toFilters(['WebSocket', 'waitlist', 'constructor'])
  expect(filters).toEqual([...TEST_GROUPS.get('websocket')!, 'waitlist', 'constructor'])
})

it('websocket runs every test of the realtime service', () => {
  const filters = toFilters(['websocket'])
  const realtime = files.filter((file) => file.startsWith('services/realtime/'))
  expect(realtime.length).toBeGreaterThan(5)
  expect(realtime.filter((file) => !filters.some((filter) => file.includes(filter)))).toEqual([])
})
