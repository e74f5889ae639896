import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { parse } from 'yaml'

export type Rule = {
  alert?: string
  record?: string
  expr: string
  labels?: Record<string, string>
  annotations?: Record<string, string>
}
export type AlertTest = { alert_rule_test?: { alertname: string; exp_alerts: unknown[] }[] }

const ALERTS = join(ROOT, 'infra/observability/alerts')
const DASHBOARDS = join(ROOT, 'infra/observability/dashboards')

const list = (folder: string, end: string) =>
  readdirSync(folder)
    .filter((name) => name.endsWith(end))
    .map((name) => join(folder, name))

export const ruleFiles = () => list(ALERTS, '.yml')
export const ruleTestFiles = () => list(join(ALERTS, 'tests'), '.yml')

export const readRules = (): Rule[] =>
  ruleFiles().flatMap((file) =>
    (parse(readFileSync(file, 'utf8')) as { groups: { rules: Rule[] }[] }).groups.flatMap(({ rules }) => rules),
  )

export const readRuleTests = (): AlertTest[] =>
  ruleTestFiles().flatMap((file) => (parse(readFileSync(file, 'utf8')) as { tests: AlertTest[] }).tests)

export type Panel = { title: string; type: string; description?: string; targets?: { expr: string }[] }
export type Dashboard = { uid: string; title: string; panels: Panel[] }

export const readDashboards = (): Dashboard[] =>
  list(DASHBOARDS, '.json').map((file) => JSON.parse(readFileSync(file, 'utf8')) as Dashboard)

/** The metrics of ours that a text names, as they are exposed: a histogram's series under its own name. */
export function metricsIn(text: string): string[] {
  const names = [...text.matchAll(/(?<![\w/-])derm_[a-z0-9_]+/g)].map(([name]) => name)
  return [...new Set(names.map((name) => name.replace(/_(bucket|count|sum)$/, '')))]
}
