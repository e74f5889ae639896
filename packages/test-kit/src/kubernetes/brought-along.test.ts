import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { buildOverlay } from './build-manifests.ts'
import { programOf } from './variables.ts'
import { containersOf, workloadsOf } from './manifest.ts'
import { RULES_FILE, makePrometheusRule } from './prometheus-rule.ts'

const read = (path: string) => readFileSync(join(ROOT, path), 'utf8')
/** The folder says what kind of thing it is; everywhere else it goes by this name. */
const NAMES: Record<string, string> = { 'web-server': 'web' }
const services = readdirSync(join(ROOT, 'services'))
  .filter((folder) => existsSync(join(ROOT, 'services', folder, 'src/main.ts')))
  .map((folder) => NAMES[folder] ?? folder)

/** What a service brings along and does not have, one a line: CONTRIBUTING.md has the list. */
function findMissing(service: string): string[] {
  const manifests = buildOverlay('production')
  const has = (kind: string, name = service) => manifests.some((one) => one.kind === kind && one.metadata.name === name)
  const runs = workloadsOf(manifests).flatMap(containersOf).map(programOf)
  const autoscaler = has('HorizontalPodAutoscaler') || has('ScaledObject')
  const things: Record<string, boolean> = {
    'a target of infra/docker/Dockerfile': new RegExp(` AS ${service}$`, 'm').test(read('infra/docker/Dockerfile')),
    'a service of compose': read('infra/compose/compose.yaml').includes(`image: dermlive/${service}:`),
    "a job of compose's Prometheus": read('infra/observability/prometheus/prometheus.yml').includes(
      `job_name: ${service}\n`,
    ),
    'its row in docs/operations/deploy.md': read('docs/operations/deploy.md').includes(`| \`dermlive/${service}\` |`),
    'variables in docs/operations/configuration.md': new RegExp(`\\| ([a-z-]+, )*${service}(, [a-z-]+)* \\|`).test(
      read('docs/operations/configuration.md'),
    ),
    'its row in docs/operations/kubernetes.md': read('docs/operations/kubernetes.md').includes(`| \`${service}\` |`),
    'a Deployment': has('Deployment') && runs.includes(service),
    'a Service': has('Service'),
    'a Service of its metrics': has('Service', `${service}-admin`),
    'a PodDisruptionBudget': has('PodDisruptionBudget'),
    'a ServiceAccount': has('ServiceAccount'),
    'a ServiceMonitor': has('ServiceMonitor'),
    'an autoscaler': autoscaler,
  }
  return Object.entries(things).flatMap(([thing, isThere]) => (isThere ? [] : [thing]))
}

describe('a service [OPS25]', () => {
  it('is found by its folder', () => {
    expect(services.sort()).toEqual(['api', 'realtime', 'web'])
  })
  it.each(services)('%s brings along what CONTRIBUTING.md names', (service) => {
    expect(findMissing(service)).toEqual([])
  })
  it('that brings nothing along is told of each thing', () => {
    expect(findMissing('mailer')).toHaveLength(13)
  })
})

describe('the alerts in a cluster [OPS25]', () => {
  it('are those of infra/observability/alerts: `npm run prometheus-rule` writes them', () => {
    expect(parse(readFileSync(RULES_FILE, 'utf8'))).toEqual(makePrometheusRule())
  })
  it('are the groups of all files there', () => {
    const folder = mkdtempSync(join(tmpdir(), 'derm-alerts-'))
    try {
      writeFileSync(join(folder, 'b.yml'), 'groups: [{ name: nodes, rules: [] }]')
      writeFileSync(join(folder, 'a.yaml'), 'groups: [{ name: relay, rules: [{ alert: A, expr: up == 0 }] }]')
      writeFileSync(join(folder, 'README.md'), 'groups: no')
      expect(makePrometheusRule(folder).spec).toEqual({
        groups: [
          { name: 'relay', rules: [{ alert: 'A', expr: 'up == 0' }] },
          { name: 'nodes', rules: [] },
        ],
      })
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
