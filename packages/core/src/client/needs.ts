import { newerPosition, type Position, type Resource } from '@derm/contract'

/**
 * The newest positions that are known to exist: per channel and resource where an event said what it touches, per channel where
 * only the position is known. Channels go by `<scope>/<topic>`, as in `As-Of`.
 */
export class Needs {
  private readonly all = new Map<string, Position>()
  private readonly byResource = new Map<string, Map<Resource, Position>>()
  /** How often something new was heard: of each resource, and of all. For queries whose answers say nothing of positions. */
  private readonly news = new Map<Resource, number>()
  private newsOfAll = 0

  /** @returns whether this was news. */
  raise(local: string, position: Position, touches?: readonly Resource[]): boolean {
    if (!touches) {
      if (!raiseIn(this.all, local, position)) return false
      this.newsOfAll++
      return true
    }
    const resources = this.byResource.get(local) ?? new Map<Resource, Position>()
    this.byResource.set(local, resources)
    let isNews = false
    for (const resource of touches)
      if (raiseIn(resources, resource, position)) {
        isNews = true
        this.news.set(resource, (this.news.get(resource) ?? 0) + 1)
      }
    return isNews
  }

  /** What a query of these resources must reflect of a channel. Of no known resource: whatever happened in it. */
  of(local: string, resources: readonly Resource[]): Position | undefined {
    let needed = this.all.get(local)
    for (const [resource, position] of this.byResource.get(local) ?? [])
      if (resources.length === 0 || resources.includes(resource)) needed = newerPosition(needed, position)
    return needed
  }

  /** Rises whenever something new is heard of one of these resources, in whichever channel. */
  countNews(resources: readonly Resource[]): number {
    if (resources.length === 0) return 0
    return resources.reduce((sum, resource) => sum + (this.news.get(resource) ?? 0), this.newsOfAll)
  }

  forget(local: string): void {
    this.all.delete(local)
    this.byResource.delete(local)
  }

  /** Forgets the positions; what was counted stays counted. */
  clear(): void {
    this.all.clear()
    this.byResource.clear()
  }
}

function raiseIn<Key>(map: Map<Key, Position>, key: Key, position: Position): boolean {
  const newest = newerPosition(map.get(key), position)!
  if (newest === map.get(key)) return false
  map.set(key, newest)
  return newest === position
}
