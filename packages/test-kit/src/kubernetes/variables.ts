import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '@derm/local-servers'
import { containersOf, ofKind, workloadsOf, type Container, type Manifest } from './manifest.ts'
import { nameOf } from './schema-faults.ts'

/** What the commands read of what every service reads. */
const OF_COMMANDS = ['NODE_ENV', 'LOG_LEVEL', 'ALLOW_INSECURE', 'INSTANCE_NAME', 'DATABASE_CA_FILE']
const COMMANDS = ['migrate', 'seed']

/** What the configuration's page says that a program reads, and what of it has to be set. */
function readReference(program: string): { known: Set<string>; required: Set<string> } {
  const page = readFileSync(join(ROOT, 'docs/operations/configuration.md'), 'utf8')
  const services = /`all` are the services ([a-z, -]+);/.exec(page)![1]!.split(/, | and /)
  const known = new Set<string>()
  const required = new Set<string>()
  for (const [, name, readers, value, what] of page.matchAll(
    /^\| `([A-Z0-9_]+)`(?: 🔒)? \| ([^|]*) \|([^|]*)\| (.+) \|$/gm,
  )) {
    const programs = readers!.split(',').map((one) => one.trim())
    if (COMMANDS.includes(program) && OF_COMMANDS.includes(name!)) known.add(name!)
    if (!programs.includes(program) && !(programs.includes('all') && services.includes(program))) continue
    known.add(name!)
    if (value!.trim() === '' && !/optional|Without it/.test(what!)) required.add(name!)
  }
  return { known, required }
}

/** `migrate` of `[node, /app/migrate.js]`; null where the image is not ours. */
export function programOf({ image, command = [] }: Container): string | null {
  return /(^|\/)dermlive\//.test(image) ? (/\/(\w+)\.js$/.exec(command.at(-1) ?? '')?.[1] ?? '') : null
}

/** The variables of a container. One from a secret has no value here; an empty one counts as unset, as for the services. */
export function givenTo(container: Container, manifests: readonly Manifest[]): Map<string, string | undefined> {
  const given = new Map<string, string | undefined>()
  for (const { configMapRef } of container.envFrom ?? []) {
    const found = ofKind(manifests, 'ConfigMap').find(({ metadata }) => metadata.name === configMapRef?.name)
    for (const [name, value] of Object.entries(found?.data ?? {})) given.set(name, value)
  }
  for (const { name, value } of container.env ?? []) given.set(name, value)
  return new Map([...given].filter(([, value]) => value !== ''))
}

/** What a program is given too little or too much of, one a line. [OPS24] */
export function findVariableFaults(manifests: readonly Manifest[]): string[] {
  return workloadsOf(manifests).flatMap((workload) =>
    containersOf(workload).flatMap((container) => {
      const program = programOf(container)
      if (program === null) return []
      const { known, required } = readReference(program)
      const given = givenTo(container, manifests)
      const faults = [
        ...(known.size === 0 ? ['runs a program that the configuration does not know'] : []),
        ...[...required].filter((name) => !given.has(name)).map((name) => `is not given ${name}`),
        ...[...given.keys()].filter((name) => !known.has(name)).map((name) => `does not read ${name}`),
      ]
      return faults.map((fault) => `${nameOf(workload)}: ${container.name} ${fault}`)
    }),
  )
}

type StoreSpec = { target: { name: string }; data: { secretKey: string }[] }

/** Where a store fills the secrets: those that it does not fill, one a line. [OPS24] */
export function findSecretFaults(manifests: readonly Manifest[]): string[] {
  const stores = ofKind(manifests, 'ExternalSecret').map(({ spec }) => spec as unknown as StoreSpec)
  if (stores.length === 0) return []
  const keys = new Set(stores.flatMap(({ target, data }) => data.map(({ secretKey }) => `${target.name}/${secretKey}`)))
  const names = new Set(stores.map(({ target }) => target.name))
  return workloadsOf(manifests).flatMap((workload) => {
    const variables = containersOf(workload).flatMap(({ env = [] }) => env)
    const missing = [
      ...variables.flatMap(({ valueFrom }) => {
        const { name, key } = valueFrom?.secretKeyRef ?? {}
        return name !== undefined && !keys.has(`${name}/${key}`) ? [`${name}/${key}`] : []
      }),
      ...(workload.spec.template.spec.volumes ?? []).flatMap(({ secret }) =>
        secret && !names.has(secret.secretName) ? [secret.secretName] : [],
      ),
    ]
    return missing.map((secret) => `${nameOf(workload)}: nobody makes the secret ${secret}`)
  })
}
