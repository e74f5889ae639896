// @vitest-environment happy-dom
import type { Coverage, EligibilityStatus } from '@derm/contract'
import { MantineProvider } from '@mantine/core'
import { QueryClientProvider } from '@tanstack/react-query'
import { renderToStaticMarkup } from 'react-dom/server'
import { expect, it } from 'vitest'
import { queryClient } from '../realtime/realtime.ts'
import { Eligibility } from './eligibility.tsx'

/** What is said of a coverage whose payer last answered so many days ago. */
function say(status: EligibilityStatus, daysAgo: number): string {
  const at = new Date()
  at.setDate(at.getDate() - daysAgo)
  const coverage = { id: 'c', version: 1, status, checkedAt: at.toISOString() } as Coverage
  return renderToStaticMarkup(
    <MantineProvider>
      <QueryClientProvider client={queryClient}>
        <Eligibility coverage={coverage} possible={[]} />
      </QueryClientProvider>
    </MantineProvider>,
  ).replace(/<style.*?<\/style>/gs, '')
}

it.each(['requested', 'payer_down'] as const)('%s is no answer: what came before is called the last one', (status) => {
  for (const daysAgo of [3, 60]) {
    expect(say(status, daysAgo)).toContain(`Last answer ${daysAgo} days ago`)
    expect(say(status, daysAgo)).not.toMatch(/Checked|good for|out of date/)
  }
})
it('an answer is good for 30 days, and then out of date', () => {
  expect(say('active', 3)).toContain('Checked 3 days ago, good for 30 days')
  expect(say('active', 60)).toMatch(/out of date.*Checked 60 days ago, stale after 30 days/s)
})
