import { describe, expect, it } from 'vitest'
import { layoutColumn } from './board-layout.ts'

const span = (id: string, start: number, end: number, isGone = false) => ({
  id,
  start,
  end,
  isGone,
})

describe('the places of cards in a column', () => {
  it('gives the whole width to a card that overlaps none, also when another follows at once', () => {
    const places = layoutColumn([span('a', 540, 570), span('b', 570, 600)])
    expect([places.get('a'), places.get('b')]).toEqual([
      { left: 0, width: 100 },
      { left: 0, width: 100 },
    ])
  })
  it('shares the width among those that overlap, and uses a lane again when it is free', () => {
    const places = layoutColumn([span('long', 540, 660), span('b', 540, 570), span('c', 600, 630)])
    expect(places.get('long')).toEqual({ left: 0, width: 50 })
    expect(places.get('b')).toEqual({ left: 50, width: 50 })
    expect(places.get('c')).toEqual({ left: 50, width: 50 })
  })
  it('lets a cancelled appointment step aside for the one booked in its place, and else keep its width', () => {
    const places = layoutColumn([span('gone', 540, 570, true), span('booked', 540, 570), span('alone', 600, 630, true)])
    expect(places.get('booked')).toEqual({ left: 0, width: 76 })
    expect(places.get('gone')).toEqual({ left: 76, width: 24 })
    expect(places.get('alone')).toEqual({ left: 0, width: 100 })
  })
  it('never lets two cards cover each other', () => {
    const spans = Array.from({ length: 60 }, (_, i) =>
      span(`s${i}`, 480 + ((i * 37) % 300), 480 + ((i * 37) % 300) + 10 + ((i * 13) % 50), i % 5 === 0),
    )
    const places = layoutColumn(spans)
    for (const a of spans)
      for (const b of spans) {
        if (a.id >= b.id || a.start >= b.end || b.start >= a.end) continue
        const [p, q] = [places.get(a.id)!, places.get(b.id)!]
        expect(p.left + p.width <= q.left + 1e-9 || q.left + q.width <= p.left + 1e-9).toBe(true)
      }
  })
})
