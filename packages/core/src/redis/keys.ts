import { partitionOf } from '../log/partition.ts'

/** All keys of a channel carry its partition as hash tag: in Redis Cluster they live in one slot, and a script may touch them all. */
export const headsKey = (partition: number) => `derm:{${partition}}:heads`
export const historyKey = (channel: string) => `derm:{${partitionOf(channel)}}:h:${channel}`
/** There while a relay vouches that nothing committed waits outside of the log. */
export const VOUCHED_KEY = 'derm:vouched'
export const feedName = (channel: string) => `derm:{${partitionOf(channel)}}:c:${channel}`
