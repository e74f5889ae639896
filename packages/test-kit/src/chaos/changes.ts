import type { Stack } from '../start-stack.ts'

type Item = { id: string; version: number; status: string }

/**
 * Changes of one location's appointments over HTTP, through whichever API pod answers: what a busy front desk does. A change that
 * was not answered (its pod was killed) is tried again with the same key, as a client would.
 */
export class Changes {
  private readonly versions = new Map<string, number>()
  done = 0
  constructor(
    private readonly stack: Stack,
    private readonly token: () => Promise<string>,
    items: readonly Item[],
  ) {
    for (const { id, version } of items) this.versions.set(id, version)
  }

  async make(count: number, pauseMs: number): Promise<void> {
    const ids = [...this.versions.keys()]
    for (let i = 0; i < count; i++) {
      await this.change(ids[(this.done * 7) % ids.length]!)
      this.done++
      await new Promise((resolve) => setTimeout(resolve, pauseMs))
    }
  }

  private async change(id: string): Promise<void> {
    const key = crypto.randomUUID()
    for (let attempt = 0; attempt < 100; attempt++) {
      const api = this.stack.apis[(this.done + attempt) % this.stack.apis.length]!
      const response = await fetch(`${api.url}/api/v1/appointments/${id}`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${await this.token()}`,
          'content-type': 'application/json',
          'if-match': `"${this.versions.get(id)}"`,
          'idempotency-key': key,
          origin: this.stack.origin,
        },
        body: JSON.stringify({ note: `change ${this.done}` }),
        signal: AbortSignal.timeout(8000),
      }).catch(() => null)
      if (response?.ok) {
        const { version } = (await response.json()) as Item
        this.versions.set(id, version)
        return
      }
      if (response && response.status < 500 && response.status !== 409)
        throw new Error(`a change was refused: ${response.status} ${await response.text()}`)
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
    throw new Error('a change was not answered')
  }
}
