import { isPlausibleToClient, newerPosition, type Position, type Resource } from '@derm/contract'

/**
 * The newest positions that are known to exist: per channel and resource where an event said what it makes stale, per channel where
 * only the position is known. Channels go by `<scope>/<topic>`, as in `As-Of`.
 */
export class KnownPositions {
  private readonly byChannel = new Map<string, Position>()
  private readonly byResource = new Map<string, Map<Resource, Position>>()
  /** How often something new was heard of each resource, and of all. For queries whose answers do not say how new they are. */
  private readonly news = new Map<Resource, number>()
  private newsOfAll = 0

  /** Rises whenever something new is heard of. */
  version = 0

  constructor(private readonly now: () => number) {}

  /** Without `resources`, all of the channel's may be stale. @returns whether the position was news. */
  raise(channelKey: string, position: Position, resources?: readonly Resource[]): boolean {
    // What can be no epoch yet is never waited for. [SEC21]
    if (!isPlausibleToClient(position.epoch, this.now())) return false
    if (!resources) {
      if (!raiseIn(this.byChannel, channelKey, position)) return false
      this.newsOfAll++
      this.version++
      return true
    }
    const ofChannel = this.byResource.get(channelKey) ?? new Map<Resource, Position>()
    this.byResource.set(channelKey, ofChannel)
    let isNews = false
    for (const resource of resources)
      if (raiseIn(ofChannel, resource, position)) {
        isNews = true
        this.version++
        this.news.set(resource, (this.news.get(resource) ?? 0) + 1)
      }
    return isNews
  }

  /** What a query of these resources must reflect of a channel. A query of no known resource must reflect all of it. */
  newestOf(channelKey: string, resources: readonly Resource[]): Position | undefined {
    let newest = this.byChannel.get(channelKey)
    for (const [resource, position] of this.byResource.get(channelKey) ?? [])
      if (resources.length === 0 || resources.includes(resource)) newest = newerPosition(newest, position)
    return newest
  }

  /** Rises whenever something new is heard of one of these resources, in whichever channel. */
  countNews(resources: readonly Resource[]): number {
    if (resources.length === 0) return 0
    return resources.reduce((sum, resource) => sum + (this.news.get(resource) ?? 0), this.newsOfAll)
  }

  forget(channelKey: string): void {
    this.byChannel.delete(channelKey)
    this.byResource.delete(channelKey)
  }

  /** Forgets the positions. What was counted stays counted. */
  clear(): void {
    this.byChannel.clear()
    this.byResource.clear()
  }
}

function raiseIn<Key>(map: Map<Key, Position>, key: Key, position: Position): boolean {
  const newest = newerPosition(map.get(key), position)!
  if (newest === map.get(key)) return false
  map.set(key, newest)
  return newest === position
}
