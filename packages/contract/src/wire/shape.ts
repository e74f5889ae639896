/** The part of JSON Schema that the messages need. */
export type Shape = {
  readonly type?: 'object' | 'array' | 'string' | 'number' | 'integer' | 'boolean'
  readonly properties?: Readonly<Record<string, Shape>>
  readonly required?: readonly string[]
  readonly items?: Shape
  readonly anyOf?: readonly Shape[]
  readonly const?: unknown
  readonly enum?: readonly unknown[]
  readonly pattern?: string
  readonly minLength?: number
  readonly maxLength?: number
  readonly minimum?: number
  readonly maximum?: number
}

const patterns = new Map<string, RegExp>()

/** Whether a value has this shape. Members that the shape does not name are allowed: a later version may add them. */
export function hasShape(shape: Shape, value: unknown): boolean {
  if (shape.anyOf) return shape.anyOf.some((one) => hasShape(one, value))
  if ('const' in shape) return value === shape.const
  if (shape.enum) return shape.enum.includes(value)
  switch (shape.type) {
    case 'object':
      return isObject(value) && hasMembers(shape, value)
    case 'array':
      return Array.isArray(value) && value.every((item) => hasShape(shape.items ?? {}, item))
    case 'string':
      return typeof value === 'string' && isText(shape, value)
    case 'number':
      return typeof value === 'number' && Number.isFinite(value) && isWithin(shape, value)
    case 'integer':
      return Number.isSafeInteger(value) && isWithin(shape, value as number)
    case 'boolean':
      return typeof value === 'boolean'
    case undefined:
      return true
    default:
      return false
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function hasMembers({ properties = {}, required = [] }: Shape, value: Record<string, unknown>): boolean {
  return Object.entries(properties).every(([key, member]) =>
    value[key] === undefined ? !required.includes(key) : hasShape(member, value[key]),
  )
}

function isText({ pattern, minLength = 0, maxLength = Infinity }: Shape, value: string): boolean {
  if (value.length < minLength || value.length > maxLength) return false
  if (pattern === undefined) return true
  let compiled = patterns.get(pattern)
  if (!compiled) patterns.set(pattern, (compiled = new RegExp(pattern, 'u')))
  return compiled.test(value)
}

function isWithin({ minimum = -Infinity, maximum = Infinity }: Shape, value: number): boolean {
  return value >= minimum && value <= maximum
}
