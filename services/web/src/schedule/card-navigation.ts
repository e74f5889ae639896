import type { Column } from './board-model.ts'

/**
 * The card that an arrow key leads to from another: up and down in the provider's day, left and right to the card nearest in
 * time of the next provider who has any; Home and End to the ends of the column. `null`: the key means nothing here.
 */
export function nextCard(columns: readonly Column[], fromId: string, key: string): string | null {
  const at = columns.findIndex(({ cards }) => cards.some(({ appointment }) => appointment.id === fromId))
  if (at === -1) return null
  const { cards } = columns[at]!
  const index = cards.findIndex(({ appointment }) => appointment.id === fromId)
  const idOf = (position: number) => cards[Math.max(0, Math.min(position, cards.length - 1))]!.appointment.id
  switch (key) {
    case 'ArrowDown':
      return idOf(index + 1)
    case 'ArrowUp':
      return idOf(index - 1)
    case 'Home':
      return idOf(0)
    case 'End':
      return idOf(cards.length - 1)
    case 'ArrowLeft':
    case 'ArrowRight': {
      const others = key === 'ArrowRight' ? columns.slice(at + 1) : columns.slice(0, at).reverse()
      const near = others.find((column) => column.cards.length > 0)
      if (!near) return fromId
      const { start } = cards[index]!
      return near.cards.reduce((best, card) =>
        Math.abs(card.start - start) < Math.abs(best.start - start) ? card : best,
      ).appointment.id
    }
    default:
      return null
  }
}
