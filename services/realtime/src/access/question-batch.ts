/** Questions about many things, each with one answer. */
type Batch<Key, Answers> = { keys: Set<Key>; answers: Promise<Answers> }

/**
 * Asks one question at a time. What is asked for meanwhile goes with the next one: when thousands come back at once, a question for
 * each would have the comparison of access wait behind them all, until access counts as unconfirmed. [SEC7]
 */
export class QuestionBatch<Key, Answers> {
  private underWay: Promise<unknown> | undefined
  private next: Batch<Key, Answers> | undefined

  constructor(private readonly ask: (keys: readonly Key[]) => Promise<Answers>) {}

  add(key: Key): Promise<Answers> {
    this.next ??= this.begin()
    this.next.keys.add(key)
    return this.next.answers
  }

  private begin(): Batch<Key, Answers> {
    const keys = new Set<Key>()
    const earlier = this.underWay
    const askInTurn = async () => {
      await earlier?.catch(() => {})
      this.next = undefined
      return this.ask([...keys])
    }
    const answers = askInTurn()
    this.underWay = answers
    return { keys, answers }
  }
}
