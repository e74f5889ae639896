import { z } from 'zod'

const allowed = new WeakSet<z.ZodType>()

/** Words of findings, results and treatments: a code with one of these says something about a person’s health. */
export const CLINICAL =
  /benign|malign|melanom|carcinom|cancer|tumou?r|dysplas|metasta|positive|negative|abnormal|pregnan|psoria|eczema|allerg(?!y_list)|(?<!arc)hiv|hepat|stage_[0-9i]/i

/**
 * Declares codes that may travel in an event. Any other enum is refused in a payload, because a diagnosis or a result's class is
 * a code too. What may travel says what happened in the practice's work, and nothing about the person's health.
 * @throws at start-up when a code holds a clinical word.
 */
export function wireCode<const Codes extends readonly [string, ...string[]]>(codes: Codes) {
  const clinical = codes.filter((code) => CLINICAL.test(code))
  if (clinical.length > 0) throw new Error(`${clinical.join(', ')}: a clinical code may not travel in an event`)
  const schema = z.enum(codes)
  allowed.add(schema)
  return schema
}

/** Whether `wireCode` made this schema. */
export function isWireCode(schema: z.ZodType): boolean {
  return allowed.has(schema)
}
