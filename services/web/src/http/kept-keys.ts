import { useState } from 'react'
import { isRefusal } from './api-error.ts'

/**
 * The Idempotency-Keys of a form. A change whose answer did not come may have been made: sent again with the same content it has the same key, and
 * the API gives the first answer instead of a second payment or a second patient. Who has a definite answer begins anew.
 */
export type KeptKeys = {
  /** Runs one try. `change`: everything that tells this change from others, such as its path and body. */
  run: <Result>(change: string, attempt: (key: string) => Promise<Result>) => Promise<Result>
}

export function createKeptKeys(makeKey: () => string = () => crypto.randomUUID()): KeptKeys {
  const kept = new Map<string, string>()
  return {
    async run(change, attempt) {
      const key = kept.get(change) ?? makeKey()
      kept.set(change, key)
      try {
        const result = await attempt(key)
        kept.delete(change)
        return result
      } catch (error) {
        if (isRefusal(error)) kept.delete(change)
        throw error
      }
    },
  }
}

/** For as long as the form is open. */
export function useKeptKeys(): KeptKeys {
  return useState(createKeptKeys)[0]
}
