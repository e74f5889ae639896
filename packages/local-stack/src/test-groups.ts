/** Names for tests that lie in several folders: `npm test -- websocket`. Each stands for the beginnings of paths. */
export const TEST_GROUPS: ReadonlyMap<string, readonly string[]> = new Map([
  [
    'websocket',
    [
      'services/realtime/src/',
      'packages/contract/src/wire/',
      'packages/core/src/node/',
      'packages/core/src/subscriber/',
      'services/web/src/realtime/',
      'packages/test-kit/src/protocol-page',
    ],
  ],
])

/** What Vitest is to filter by: a group's paths for its name, any other word as it is. */
export function toFilters(words: readonly string[]): string[] {
  return words.flatMap((word) => TEST_GROUPS.get(word.toLowerCase()) ?? [word])
}
