import type { Appointment, Provider } from '@derm/contract'
import { describe, expect, it } from 'vitest'
import type { Column } from './board-model.ts'
import { nextCard } from './card-navigation.ts'

const column = (id: string, starts: number[]): Column => ({
  provider: { id } as Provider,
  cards: starts.map((start) => ({
    appointment: { id: `${id}${start}` } as Appointment,
    start,
    end: start + 15,
    time: '',
    left: 0,
    width: 100,
  })),
})
const columns = [column('a', [480, 540]), column('b', []), column('c', [500, 560, 900])]

describe('arrow keys on the board', () => {
  it('go up and down within the column, and stop at its ends', () => {
    expect([
      nextCard(columns, 'a480', 'ArrowDown'),
      nextCard(columns, 'a540', 'ArrowDown'),
      nextCard(columns, 'a480', 'ArrowUp'),
    ]).toEqual(['a540', 'a540', 'a480'])
    expect([nextCard(columns, 'c560', 'Home'), nextCard(columns, 'c560', 'End')]).toEqual(['c500', 'c900'])
  })
  it('go sideways to the nearest in time, over a column without cards', () => {
    expect([
      nextCard(columns, 'a540', 'ArrowRight'),
      nextCard(columns, 'c900', 'ArrowLeft'),
      nextCard(columns, 'c900', 'ArrowRight'),
    ]).toEqual(['c560', 'a540', 'c900'])
  })
  it('leave other keys alone', () => {
    expect(nextCard(columns, 'a480', 'Enter')).toBe(null)
  })
})
