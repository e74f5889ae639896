/** Thrown by a check: there is nothing to wait for any more. */
export class Hopeless extends Error {
  override readonly name = 'Hopeless'
}

/**
 * Resolves once `check` answers something true; asks every `everyMs`.
 * @throws after `timeoutMs`, with `what` and the last error; at once what `check` throws as `Hopeless`.
 */
export async function waitUntil<Result>(
  check: () => Result | Promise<Result>,
  { what, timeoutMs = 20_000, everyMs = 25 }: { what: string; timeoutMs?: number; everyMs?: number },
): Promise<NonNullable<Result>> {
  const deadline = Date.now() + timeoutMs
  let last: unknown
  for (;;) {
    try {
      const result = await check()
      if (result) return result
    } catch (error) {
      if (error instanceof Hopeless) throw error
      last = error
    }
    if (Date.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`, { cause: last })
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
}
