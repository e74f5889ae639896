import { MantineProvider } from '@mantine/core'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, it } from 'vitest'
import { NO_FILTER } from './schedule-filter.ts'
import { SummaryRow } from './summary-row.tsx'

const show = (appointments: [] | undefined) =>
  renderToStaticMarkup(
    <MantineProvider>
      <SummaryRow appointments={appointments} filter={NO_FILTER} onFilter={() => undefined} />
    </MantineProvider>,
  )
const counts = (markup: string) => [...markup.matchAll(/class="numbers">([^<]*)</g)].map(([, count]) => count)

it('the counts say nothing of a day that is not known, and 0 of one that is empty', () => {
  expect(new Set(counts(show(undefined)))).toEqual(new Set(['–']))
  expect(new Set(counts(show([])))).toEqual(new Set(['0']))
})
