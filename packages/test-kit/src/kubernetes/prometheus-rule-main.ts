import { writeFileSync } from 'node:fs'
import { stringify } from 'yaml'
import { RULES_FILE, makePrometheusRule } from './prometheus-rule.ts'

/** `npm run prometheus-rule`: writes the cluster's alerts again after those of infra/observability/alerts were changed. */
writeFileSync(RULES_FILE, `# Made by \`npm run prometheus-rule\`.\n${stringify(makePrometheusRule())}`)
