/**
 * What a client can have cached. `embeds`: the resources of which an answer shows a part, as an appointment shows its patient's name. An event about
 * a patient makes those stale as well, without anybody listing them.
 */
export const RESOURCES = defineResources({
  appointments: { embeds: ['patients'] },
  waitlist: { embeds: ['patients'] },
  recalls: { embeds: ['patients'] },
  patients: { embeds: [] },
  coverages: { embeds: [] },
  allergies: { embeds: [] },
  documents: { embeds: [] },
  accounts: { embeds: [] },
})
export type Resource = keyof typeof RESOURCES
export const RESOURCE_NAMES = Object.keys(RESOURCES) as Resource[]

function defineResources<const Table extends { [Name in keyof Table]: { embeds: readonly (keyof Table)[] } }>(
  table: Table,
): Table {
  return table
}

/** These resources and every one that shows a part of them, directly or through others. */
export function withEmbedding(resources: readonly Resource[]): readonly Resource[] {
  const stale = new Set(resources)
  // A resource that joins is looked at in its turn: a Set's iteration reaches what is added meanwhile.
  for (const part of stale)
    for (const name of RESOURCE_NAMES)
      if ((RESOURCES[name].embeds as readonly Resource[]).includes(part)) stale.add(name)
  return [...stale]
}
