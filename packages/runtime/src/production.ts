import { z } from 'zod'
import type { Logger } from '@derm/core'

/** What is wrong with a value in production, in words that do not quote it; `null`: nothing. */
export type ProductionCheck<Value> = (value: Value) => string | null

const CHECKS = new WeakMap<z.ZodType, ProductionCheck<never>>()

/** A kind of setting that production asks more of. Every variable of the kind is held to it. */
export function inProduction<Schema extends z.ZodType>(
  schema: Schema,
  check: ProductionCheck<z.output<Schema>>,
): Schema {
  CHECKS.set(schema, check)
  return schema
}

const isProduction = (env: Record<string, string | undefined>) =>
  env['NODE_ENV'] !== 'development' && env['NODE_ENV'] !== 'test'

/**
 * What production refuses in these settings, one a line, except for the variables that `ALLOW_INSECURE` names. [OPS3]
 * A value that is no valid one is left to the schema, which says so itself.
 */
export function findProductionFaults(shape: z.ZodRawShape, env: Record<string, string | undefined>): string[] {
  if (!isProduction(env)) return []
  const allowed = new Set((env['ALLOW_INSECURE'] ?? '').split(',').map((name) => name.trim()))
  return Object.entries(shape).flatMap(([name, field]) => {
    const check = allowed.has(name) ? undefined : CHECKS.get(unwrap(field as z.ZodType))
    const parsed = check && (field as z.ZodType).safeParse(env[name])
    // A variable that is optional, and not there, is nothing to look at.
    const isGiven = parsed?.success && parsed.data !== undefined
    const fault = isGiven ? check?.(parsed.data as never) : null
    return fault ? [`${name}: ${fault}`] : []
  })
}

function unwrap(schema: z.ZodType): z.ZodType {
  return schema instanceof z.ZodDefault || schema instanceof z.ZodOptional
    ? unwrap(schema.def.innerType as z.ZodType)
    : schema
}

/** What was allowed is said at every start. */
export function warnOfInsecure({ ALLOW_INSECURE }: { ALLOW_INSECURE: string }, logger: Logger): void {
  if (ALLOW_INSECURE !== '') logger.warn({ reason: ALLOW_INSECURE }, 'insecure settings are allowed')
}
