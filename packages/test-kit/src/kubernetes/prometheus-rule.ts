import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { parse } from 'yaml'
import type { Manifest } from './manifest.ts'

/** Where the Prometheus Operator reads what infra/observability/alerts says. */
export const RULES_FILE = join(ROOT, 'k8s/components/prometheus-operator/rules.yaml')

/** All groups of infra/observability/alerts as one object of the cluster. The alerts are written there and nowhere else. [OPS25] */
export function makePrometheusRule(folder = join(ROOT, 'infra/observability/alerts')): Manifest {
  const files = readdirSync(folder).filter((name) => /\.ya?ml$/.test(name))
  const groups = files.sort().flatMap((name) => {
    const content = parse(readFileSync(join(folder, name), 'utf8')) as { groups?: unknown[] } | null
    return content?.groups ?? []
  })
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: 'dermlive' },
    spec: { groups },
  }
}
