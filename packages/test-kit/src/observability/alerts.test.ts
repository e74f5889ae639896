import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT, findPrometheus, run } from '@derm/local-servers'
import { describe, expect, it } from 'vitest'
import { readDashboards, readRuleTests, readRules, ruleFiles, ruleTestFiles } from './read-rules.ts'

const RUNBOOK = 'docs/operations/runbook.md'
const alerts = readRules().filter(({ alert }) => alert !== undefined)
const names = [...new Set(alerts.map(({ alert }) => alert!))]
const page = readFileSync(join(ROOT, RUNBOOK), 'utf8')
const sections = [...page.matchAll(/^## (.+)$/gm)].map(([, title]) => title!)
const programs = await findPrometheus()

describe('[OPS40] each alert', () => {
  it('says how urgent it is, what it is, and where the runbook tells of it', () => {
    expect(names.length).toBeGreaterThan(30)
    for (const { alert, labels, annotations } of alerts)
      expect({ alert, labels, annotations }).toMatchObject({
        labels: { severity: expect.stringMatching(/^(page|ticket)$/) },
        annotations: {
          summary: expect.stringMatching(/\S/),
          runbook_url: `${RUNBOOK}#${alert!.toLowerCase()}`,
        },
      })
  })

  it('has a section of the runbook, and each section an alert', () => {
    expect(sections.toSorted()).toEqual(names.toSorted())
  })

  it('has a section that says what it means, what users see, where to look and what to do', () => {
    for (const section of page.split(/^## /m).slice(1))
      for (const part of ['What it means', 'What users see', 'Look at', 'Do'])
        expect(section, section.split('\n')[0]).toMatch(new RegExp(`^- \\*\\*${part}\\.\\*\\* \\S`, 'm'))
    const linked = [...page.matchAll(/\]\(#([^)]+)\)/g)].map(([, anchor]) => anchor!)
    expect(linked.filter((anchor) => !sections.some((title) => title.toLowerCase() === anchor))).toEqual([])
  })
})

describe('[OPS41] each alert', () => {
  it('has a case in which it fires, and one in which it does not', () => {
    const cases = readRuleTests().flatMap((test) => test.alert_rule_test ?? [])
    const firing = new Set(cases.filter((one) => one.exp_alerts.length > 0).map(({ alertname }) => alertname))
    const quiet = new Set(cases.filter((one) => one.exp_alerts.length === 0).map(({ alertname }) => alertname))
    expect([...firing].toSorted()).toEqual(names.toSorted())
    expect([...quiet].toSorted()).toEqual(names.toSorted())
  })

  it.skipIf(!programs)('passes promtool’s checks and unit tests', { timeout: 120_000 }, async () => {
    await run(programs!.promtool, ['check', 'rules', ...ruleFiles()])
    await run(programs!.promtool, ['test', 'rules', ...ruleTestFiles()])
  })
})

it('[OPS43] dashboards ask for nothing by person or tenant, and each panel says what it shows', () => {
  const dashboards = readDashboards()
  expect(dashboards.map(({ title }) => title).toSorted()).toEqual([
    'Alerts',
    'Delivery',
    'Nodes',
    'Overview',
    'Redis and relay',
    'Tenants',
  ])
  const panels = dashboards.flatMap((dashboard) => dashboard.panels)
  expect(panels.filter(({ type, description }) => type !== 'row' && !description).map(({ title }) => title)).toEqual([])
  const queries = panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr))
  expect(queries.filter((query) => /tenant|user|patient|email/.test(query))).toEqual([])
})
