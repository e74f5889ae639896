import { shardOf } from '../event-log/shard.ts'

/** All keys of a channel carry its shard as hash tag: in Redis Cluster they live in one slot, and a script may touch them all. */
export const headsKey = (shard: number) => `derm:{${shard}}:heads`
export const historyKey = (channel: string) => `derm:{${shardOf(channel)}}:h:${channel}`
/** A shard's caught-up lease: there while nothing committed waits outside of the event log, but for what it names. */
export const caughtUpKey = (shard: number) => `derm:{${shard}}:caught-up`
/** Subscribed to by every node, and published to by nobody: the server's confirmation says that the node may listen there, and does. */
export const probeName = (shard: number) => `derm:{${shard}}:c:-`
export const pubSubName = (channel: string) => `derm:{${shardOf(channel)}}:c:${channel}`
