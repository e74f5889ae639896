/** Those who listen to one thing. */
export type Listeners<Args extends unknown[]> = {
  /** @returns what ends the listening. */
  listen(listener: (...args: Args) => void): () => void
  tell(...args: Args): void
  readonly size: number
}

/** A listener that throws does not keep the news from the others: `onError` hears of it. */
export function createListeners<Args extends unknown[]>(onError: (error: unknown) => void): Listeners<Args> {
  const listeners = new Set<(...args: Args) => void>()
  return {
    listen(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    tell(...args) {
      for (const listener of [...listeners])
        try {
          listener(...args)
        } catch (error) {
          onError(error)
        }
    },
    get size() {
      return listeners.size
    },
  }
}
