import { describe, expect, it } from 'vitest'
import { requireRedisServer } from './redis-check.ts'

const server = (mode: string, version: string) => ({
  info: async () => `# Server\r\nredis_version:${version}\r\nredis_mode:${mode}\r\nos:Linux\r\n`,
})

describe('[OPS37] a process does not start with a Redis', () => {
  it.each([
    ['sentinel', '7.0.15', 'single', 'is a Sentinel'],
    ['cluster', '7.0.15', 'single', 'is part of a Cluster'],
    ['cluster', '7.0.15', 'sentinel', 'is part of a Cluster'],
    ['standalone', '7.0.15', 'cluster', 'is part of no Cluster'],
    ['standalone', '6.2.14', 'single', 'version 6 is older than 7'],
  ] as const)('that is a %s of version %s where the url says %s', async (mode, version, kind, fault) => {
    await expect(requireRedisServer(server(mode, version), kind)).rejects.toThrow(fault)
  })

  it.each([
    ['standalone', '7.0.15', 'single'],
    ['standalone', '7.2.4', 'sentinel'],
    ['cluster', '8.2.0', 'cluster'],
  ] as const)('but with a %s of version %s as %s', async (mode, version, kind) => {
    await expect(requireRedisServer(server(mode, version), kind)).resolves.toBeUndefined()
  })
})
