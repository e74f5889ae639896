import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { ERRORS } from './errors.ts'
import { EVENT_TYPES, definitionOf } from './catalogue.ts'
import { TOPICS, TOPIC_SCOPE } from './channel.ts'

const file = new URL('../../../docs/protocol.md', import.meta.url)

const errors = Object.entries(ERRORS).map(
  ([code, row]) => `| \`${code}\` | ${row.status} | ${row.title} | ${row.client} |`,
)
const events = TOPICS.flatMap((topic) => {
  const types = EVENT_TYPES.filter((type) => definitionOf(type).topic === topic).map((type) => `\`${type}\``)
  return types.length === 0 ? [] : [`| \`${topic}\` | ${TOPIC_SCOPE[topic]} | ${types.join(' ')} |`]
})
const TABLES: [name: string, lines: string[]][] = [
  ['errors', ['| code | status | what it says | client |', '| --- | --- | --- | --- |', ...errors]],
  ['events', ['| topic | scope | events |', '| --- | --- | --- |', ...events]],
]

/** `UPDATE_DOCS=1` writes the tables anew. */
it('[DOC1] docs/protocol.md lists every error and every event', async () => {
  const page = await readFile(file, 'utf8')
  const expected = TABLES.reduce(
    (text, [name, lines]) =>
      text.replace(
        new RegExp(`(<!-- ${name}: begin -->\\n)[^]*(<!-- ${name}: end -->)`),
        (_, begin: string, end: string) => `${begin}\n${lines.join('\n')}\n\n${end}`,
      ),
    page,
  )
  if (process.env['UPDATE_DOCS']) await writeFile(file, expected)
  else expect(page).toBe(expected)
  for (const type of EVENT_TYPES) expect(expected).toContain(`\`${type}\``)
})
