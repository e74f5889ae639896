import type { EventType } from '@derm/contract'
import { EVENT_TEXTS } from './event-texts.ts'

export type Notice = { title: string; message?: string }
export type Notify = (notice: Notice) => void

const BURST_MS = 800

/** One notice for a burst of like events: the first at once, the others counted. */
export function createEventToasts(notify: Notify): (type: EventType, eventId: string) => void {
  const open = new Map<EventType, number>()
  // Several hooks may ask for toasts of the same event.
  const seen = new Set<string>()
  return (type, eventId) => {
    if (seen.has(eventId)) return
    seen.add(eventId)
    if (seen.size > 500) seen.delete(seen.values().next().value!)
    const count = open.get(type)
    if (count !== undefined) return void open.set(type, count + 1)
    open.set(type, 0)
    notify({ title: EVENT_TEXTS[type].one })
    setTimeout(() => {
      const more = open.get(type) ?? 0
      open.delete(type)
      if (more === 1) notify({ title: EVENT_TEXTS[type].one })
      else if (more > 1) notify({ title: `${more} more ${EVENT_TEXTS[type].many}` })
    }, BURST_MS)
  }
}

const SHOWN_MS = 6000

/** A small toaster for applications without one: a polite live region at the page's end. */
export function showBuiltInToast({ title, message }: Notice): void {
  if (typeof document === 'undefined') return
  let region = document.querySelector('[data-derm-toasts]')
  if (!region) {
    region = document.createElement('div')
    region.setAttribute('data-derm-toasts', '')
    region.setAttribute('role', 'status')
    region.setAttribute('aria-live', 'polite')
    document.body.append(region)
  }
  const toast = document.createElement('div')
  toast.className = 'derm-toast'
  toast.textContent = message ? `${title}: ${message}` : title
  region.append(toast)
  setTimeout(() => toast.remove(), SHOWN_MS)
}
