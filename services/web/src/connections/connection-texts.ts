/** For how long, roughly: `12 s`, `5 min`, `3 h`, `2 days`. */
export function formatAge(fromIso: string, now: number): string {
  const seconds = Math.max(0, Math.round((now - Date.parse(fromIso)) / 1000))
  if (seconds < 60) return `${seconds} s`
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min`
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3_600)} h`
  return `${Math.floor(seconds / 86_400)} days`
}

/** Channels by topic: `scheduling (3), patients`; what the list leaves out is said. */
export function formatChannels(channels: readonly string[], count: number): string {
  if (count === 0) return 'follows nothing'
  const byTopic = new Map<string, number>()
  for (const channel of channels) {
    const topic = channel.slice(channel.lastIndexOf('/') + 1)
    byTopic.set(topic, (byTopic.get(topic) ?? 0) + 1)
  }
  const named = [...byTopic].map(([topic, times]) => (times === 1 ? topic : `${topic} (${times})`))
  const more = count - channels.length
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ')
}
