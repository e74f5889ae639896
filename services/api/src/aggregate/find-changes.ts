type Value = string | number | boolean | Date | null | undefined

/** Of the columns that a request gives, those that the row says otherwise; `null` when it says all of it already. */
export function findChanges<Asked extends { [Name in keyof Asked]: Value }>(
  before: { [Name in keyof Asked]?: unknown },
  asked: Asked,
): Partial<{ [Name in keyof Asked]: Exclude<Asked[Name], undefined> }> | null {
  const changed = (Object.keys(asked) as (keyof Asked)[]).filter(
    (name) => asked[name] !== undefined && asked[name]?.valueOf() !== (before[name] as Value)?.valueOf(),
  )
  if (changed.length === 0) return null
  return Object.fromEntries(changed.map((name) => [name, asked[name]])) as Partial<{
    [Name in keyof Asked]: Exclude<Asked[Name], undefined>
  }>
}
