import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import ts from 'typescript'
import type { Manifest } from './manifest.ts'

/** Where the types of each version of Kubernetes are; those of its extensions are the same for both. */
const KUBERNETES = { '1.33': 'kubernetes-models-1.33', '1.36': 'kubernetes-models' } as const
export type KubernetesVersion = keyof typeof KUBERNETES
export const KUBERNETES_VERSIONS = Object.keys(KUBERNETES) as KubernetesVersion[]

const EXTENSIONS: Record<string, string> = {
  'gateway.networking.k8s.io': '@kubernetes-models/gateway-api',
  'keda.sh': '@kubernetes-models/keda',
  'monitoring.coreos.com': '@kubernetes-models/prometheus-operator',
  'external-secrets.io': '@kubernetes-models/external-secrets',
}

const OPTIONS: ts.CompilerOptions = {
  strict: true,
  noEmit: true,
  skipLibCheck: true,
  target: ts.ScriptTarget.ES2022,
  lib: ['lib.es2022.d.ts'],
  module: ts.ModuleKind.ESNext,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  types: [],
}
const FOLDER = dirname(fileURLToPath(import.meta.url))
/** Parsed once, since every check reads the same types. */
const sources = new Map<string, ts.SourceFile | undefined>()

export const nameOf = ({ kind, metadata }: Manifest) => `${kind}/${metadata.name}`

function moduleOf({ apiVersion, kind }: Manifest, version: KubernetesVersion): string {
  const group = apiVersion.includes('/') ? apiVersion.split('/')[0]! : ''
  // Only the groups of Kubernetes itself have no domain of somebody else.
  return `${EXTENSIONS[group] ?? KUBERNETES[version]}/${apiVersion}/${kind}`
}

/**
 * What is wrong with objects by the types of a version of Kubernetes, one a line: fields that it does not know, that are missing, or of another
 * type. The packages' own validation lets an unknown field pass; the compiler does not, in an object that is written out.
 */
export function findSchemaFaults(manifests: readonly Manifest[], version: KubernetesVersion): string[] {
  const texts = new Map(
    manifests.map((manifest, i) => {
      const type = `I${manifest.kind}`
      const source = `import type { ${type} } from '${moduleOf(manifest, version)}'
export const manifest: ${type} = ${JSON.stringify(manifest)}
`
      return [join(FOLDER, `manifest-${i}.ts`), source]
    }),
  )
  const host = ts.createCompilerHost(OPTIONS)
  const { getSourceFile, fileExists, readFile } = host
  host.fileExists = (path) => texts.has(path) || fileExists(path)
  host.readFile = (path) => texts.get(path) ?? readFile(path)
  host.getSourceFile = (path, options) => {
    const text = texts.get(path)
    if (text !== undefined) return ts.createSourceFile(path, text, options)
    if (!sources.has(path)) sources.set(path, getSourceFile(path, options))
    return sources.get(path)
  }
  const paths = [...texts.keys()]
  const program = ts.createProgram(paths, OPTIONS, host)
  return paths.flatMap((path, i) => {
    const file = program.getSourceFile(path)
    const diagnostics = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
    return diagnostics.map(
      ({ messageText }) => `${nameOf(manifests[i]!)}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`,
    )
  })
}
