import { randomUUID } from 'node:crypto'
import { ADAPTER_KEY, CodedError, LIST_SOCKETS, SocketAnswer, type SocketQuestion } from '@derm/contract'
import { systemClock, withTimeout, type Signer } from '@derm/core'
import { isCluster, openMessages, sealPublishing, type RedisClient } from '@derm/core/redis'

/** The adapter's channels, and its code for a message between servers; with a `requestId` it wants an answer. */
const QUESTIONS = `${ADAPTER_KEY}-request#/#`
const ANSWERS = `${ADAPTER_KEY}-response#/#`
const SERVER_SIDE_EMIT = 6

const SUBSCRIBE_MS = 1_000
/** A node answers from memory. */
const ANSWER_MS = 1_500
/** For so long a node that has answered counts as one that should. */
const KNOWN_MS = 60_000
/** Questions that wait at once: an owner's screen asks every few seconds. */
const MAX_WAITING = 50

export type SocketList = { answers: SocketAnswer[]; silent: { count: number; names: string[] } }

/** Asks all realtime nodes for a tenant's sockets, on the adapter's own sealed way. */
export interface SocketLists {
  /** @throws CodedError `unavailable` when no node can be asked. */
  ask(question: SocketQuestion): Promise<SocketList>
}

export type SocketListsOptions = {
  pub: RedisClient
  sub: RedisClient
  signer: Signer
  /** Something came that no node of ours sent. */
  onRefused: () => void
  now: () => number
}

type Waiting = { answers: SocketAnswer[]; onAnswer: () => void }

export function createSocketLists({ pub, sub, signer, onRefused, now }: SocketListsOptions): SocketLists {
  const sealed = sealPublishing(pub, signer, { now })
  const waiting = new Map<string, Waiting>()
  /** When each node last answered. */
  const heard = new Map<string, number>()
  const uid = randomUUID()
  let subscribed: Promise<unknown> | undefined

  const opened = openMessages(sub, signer, onRefused, () => true, now)
  opened.on('messageBuffer', (_name: Buffer, payload: Buffer) => {
    const response = JSON.parse(payload.toString()) as { requestId?: unknown; data?: unknown } | null
    const question = waiting.get(String(response?.requestId))
    if (!question) return
    const answer = SocketAnswer.safeParse(response?.data)
    if (!answer.success) return onRefused()
    heard.set(answer.data.node, performance.now())
    question.answers.push(answer.data)
    question.onAnswer()
  })

  /** Held from the first question on: pods that nobody asks hear nothing. */
  const listen = () =>
    (subscribed ??= sub.subscribe(ANSWERS).catch((error: unknown) => {
      subscribed = undefined
      throw error
    }))

  function missing(answers: readonly SocketAnswer[]): string[] {
    const oldest = performance.now() - KNOWN_MS
    for (const [name, at] of heard) if (at < oldest) heard.delete(name)
    return [...heard.keys()].filter((name) => !answers.some(({ node }) => node === name)).toSorted()
  }

  return {
    async ask(question) {
      if (waiting.size >= MAX_WAITING) throw new CodedError('unavailable')
      await withTimeout(systemClock, SUBSCRIBE_MS, 'listening for answers', listen()).catch((error: unknown) => {
        throw new CodedError('unavailable', {}, { cause: error })
      })
      const requestId = randomUUID()
      const answers: SocketAnswer[] = []
      let asked = Infinity
      const all = new Promise<void>((resolve) => {
        const onAnswer = () => {
          if (answers.length >= asked) resolve()
        }
        waiting.set(requestId, { answers, onAnswer })
        const message = JSON.stringify({ uid, requestId, type: SERVER_SIDE_EMIT, data: [LIST_SOCKETS, question] })
        // Redis says how many it has reached. In a Cluster it counts those of one server only, so more may answer.
        void sealed.publish(QUESTIONS, message).then((count) => {
          asked = isCluster(pub) ? Infinity : count
          onAnswer()
        })
      })
      await withTimeout(systemClock, ANSWER_MS, 'asking the nodes', all).catch(() => {})
      waiting.delete(requestId)
      const unheard = Number.isFinite(asked) ? Math.max(0, asked - answers.length) : null
      if (answers.length === 0 && !unheard) throw new CodedError('unavailable')
      const names = unheard === 0 ? [] : missing(answers)
      return { answers, silent: { count: unheard ?? names.length, names } }
    },
  }
}
