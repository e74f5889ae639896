import { z } from 'zod'
import { CLINICAL, isWireCode } from './wire-code.ts'

/**
 * The paths within a payload's schema that could hold a person's data.
 *
 * Allowed are only forms that cannot: UUIDs, codes of `wireCode`, booleans, integers, times with a fixed form,
 * and objects and arrays of these. Anything else is refused, so that a kind of schema that nobody thought of is
 * refused too. An enum that `wireCode` has not let through may be a diagnosis or a result's class.
 */
export function findPersonalFields(schema: z.ZodType, path = ''): string[] {
  const here = path === '' ? '(payload)' : path
  if (schema instanceof z.ZodObject) {
    const open = schema.def.catchall !== undefined && !(schema.def.catchall instanceof z.ZodNever)
    const fields = Object.entries(schema.shape).flatMap(([name, field]) =>
      isPersonalName(name) ? [join(path, name)] : findPersonalFields(field as z.ZodType, join(path, name)),
    )
    return open ? [here, ...fields] : fields
  }
  if (schema instanceof z.ZodArray) return findPersonalFields(schema.element as z.ZodType, `${path}[]`)
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodNullable || schema instanceof z.ZodReadonly)
    return findPersonalFields(schema.unwrap() as z.ZodType, path)
  if (
    schema instanceof z.ZodUUID ||
    isWireCode(schema) ||
    schema instanceof z.ZodBoolean ||
    schema instanceof z.ZodISODateTime ||
    (schema instanceof z.ZodNumber && schema.format === 'safeint')
  )
    return []
  return [here]
}

/** Names under which even a well-formed value says something about a person. */
function isPersonalName(name: string): boolean {
  return (
    CLINICAL.test(name) ||
    /name|birth|dob|phone|mail|address|ssn|note|diagnos|amount|balance|price|cents$|reason$|comment|text|title/i.test(
      name,
    )
  )
}

const join = (path: string, name: string) => (path === '' ? name : `${path}.${name}`)
