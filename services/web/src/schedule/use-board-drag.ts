import { useEffect, useRef, useState, type PointerEvent as ReactPointerEvent, type RefObject } from 'react'
import type { Card, Hours } from './board-model.ts'
import { FINE_STEP, STEP, snapStart, type DropTarget } from './drag-target.ts'

/** A press becomes a drag after this many pixels; less is a click. */
const THRESHOLD = 5
/** Within so many pixels of an edge the board scrolls under the pointer. */
const EDGE = 44

export type Drag = { card: Card; target: DropTarget }

type Options = {
  board: RefObject<HTMLDivElement | null>
  hours: Hours
  findCard: (id: string) => Card | null
  isMovable: (card: Card) => boolean
  onDrop: (card: Card, target: DropTarget) => void
}

/**
 * Dragging with a mouse or a pen: pressed → dragging → dropped, or given up with Escape. A finger scrolls; there the dialog
 * "Move" does the same, as it does for the keyboard.
 */
export function useBoardDrag(options: Options) {
  const [drag, setDrag] = useState<Drag | null>(null)
  const latest = useRef(options)
  const stop = useRef<(() => void) | null>(null)
  const hasDragged = useRef(false)
  useEffect(() => {
    latest.current = options
  })
  useEffect(() => () => stop.current?.(), [])

  function onPointerDown(event: ReactPointerEvent<HTMLElement>) {
    hasDragged.current = false
    if (event.button !== 0 || event.pointerType === 'touch') return
    const element = (event.target as Element).closest<HTMLElement>('[data-appointment]')
    const card = element ? latest.current.findCard(element.dataset['appointment']!) : null
    const board = latest.current.board.current
    if (!element || !card || !board || !latest.current.isMovable(card)) return

    const columns = [...board.querySelectorAll<HTMLElement>('[data-provider]')]
    const origin = { x: event.clientX, y: event.clientY }
    let pointer = { x: event.clientX, y: event.clientY, fine: false }
    let isDragging = false
    let frame = 0
    let target: DropTarget | null = null

    const minutesAt = (y: number) => {
      const { hours } = latest.current
      const box = columns[0]!.getBoundingClientRect()
      return hours.start + ((y - box.top) / box.height) * (hours.end - hours.start)
    }
    const taken = {
      start: card.start,
      length: card.end - card.start,
      grip: minutesAt(origin.y) - card.start,
    }

    const update = () => {
      const { hours } = latest.current
      const box = board.getBoundingClientRect()
      const scrollX = edgePull(pointer.x, box.left + 58, box.right)
      const scrollY = edgePull(pointer.y, box.top + 52, box.bottom)
      if (scrollX || scrollY) board.scrollBy(scrollX, scrollY)
      const column =
        columns.find((one) => {
          const { left, right } = one.getBoundingClientRect()
          return pointer.x >= left && pointer.x < right
        }) ?? null
      if (column) {
        const start = snapStart(taken, minutesAt(pointer.y), pointer.fine ? FINE_STEP : STEP, hours.start, hours.end)
        const providerId = column.dataset['provider']!
        if (target?.start !== start || target.providerId !== providerId) {
          target = { providerId, start }
          setDrag({ card, target })
        }
      }
      frame = requestAnimationFrame(update)
    }
    const move = (moved: PointerEvent) => {
      pointer = { x: moved.clientX, y: moved.clientY, fine: moved.shiftKey }
      if (isDragging || Math.hypot(pointer.x - origin.x, pointer.y - origin.y) < THRESHOLD) return
      isDragging = true
      hasDragged.current = true
      element.dataset['dragging'] = ''
      update()
    }
    const finish = (isDropped: boolean) => {
      stop.current = null
      cancelAnimationFrame(frame)
      window.removeEventListener('pointermove', move)
      window.removeEventListener('pointerup', up)
      window.removeEventListener('pointercancel', cancel)
      window.removeEventListener('keydown', escape, true)
      delete element.dataset['dragging']
      setDrag(null)
      const isMoved = target && (target.providerId !== card.appointment.providerId || target.start !== card.start)
      if (isDropped && isDragging && isMoved) latest.current.onDrop(card, target!)
    }
    const up = () => finish(true)
    const cancel = () => finish(false)
    const escape = (key: KeyboardEvent) => {
      if (key.key !== 'Escape') return
      key.preventDefault()
      key.stopPropagation()
      finish(false)
    }
    stop.current?.()
    stop.current = cancel
    window.addEventListener('pointermove', move)
    window.addEventListener('pointerup', up)
    window.addEventListener('pointercancel', cancel)
    window.addEventListener('keydown', escape, true)
  }

  /** Whether the click that is being handled only ends a drag. */
  const isClickOfDrag = () => hasDragged.current
  return { drag, onPointerDown, isClickOfDrag }
}

function edgePull(at: number, low: number, high: number): number {
  if (at < low + EDGE) return Math.max(-14, (at - low - EDGE) / 4)
  if (at > high - EDGE) return Math.min(14, (at - high + EDGE) / 4)
  return 0
}
