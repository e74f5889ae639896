import { readFile, writeFile } from 'node:fs/promises'
import { expect, it } from 'vitest'
import { ERRORS } from './errors.ts'
import { EVENT_TYPES } from './catalogue.ts'

const file = new URL('../../../docs/protocol.md', import.meta.url)

/** `UPDATE_DOCS=1` writes the table anew. */
it('docs/protocol.md lists every error and every event', async () => {
  const rows = Object.entries(ERRORS).map(
    ([code, row]) => `| \`${code}\` | ${row.status} | ${row.title} | ${row.client} |`,
  )
  const table = ['| code | status | what it says | client |', '| --- | --- | --- | --- |', ...rows].join('\n')
  const page = await readFile(file, 'utf8')
  const expected = page.replace(
    /(<!-- errors: begin -->\n)[^]*(<!-- errors: end -->)/,
    (_, begin: string, end: string) => `${begin}\n${table}\n\n${end}`,
  )
  if (process.env['UPDATE_DOCS']) await writeFile(file, expected)
  else expect(page).toBe(expected)
  for (const type of EVENT_TYPES) expect(page).toContain(`\`${type}\``)
})
