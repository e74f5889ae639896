import { RESOURCE_NAMES, type Resource } from '@derm/contract'
import type { QueryKey } from '@tanstack/react-query'

/** For each resource of the catalogue, the keys below which an application caches it. One that is missing does not compile. */
export type ResourceKeys = Record<Resource, readonly QueryKey[]>

/** Which resources a query shows, by its key's beginning. */
export function createResourcesOf(keys: ResourceKeys): (key: readonly unknown[]) => readonly Resource[] {
  const prefixes = RESOURCE_NAMES.flatMap((resource) =>
    keys[resource].map((prefix) => ({ resource, prefix: prefix.map((part) => JSON.stringify(part)) })),
  )
  return (key) => [
    ...new Set(
      prefixes
        .filter(({ prefix }) => prefix.every((part, i) => i < key.length && part === JSON.stringify(key[i])))
        .map(({ resource }) => resource),
    ),
  ]
}
