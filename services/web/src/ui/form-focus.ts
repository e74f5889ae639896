import { useEffect, useLayoutEffect, useRef, useState, type RefObject } from 'react'

type FormRef = RefObject<HTMLFormElement | null>

/**
 * When a form closes, the focus goes back to what had it before, or, where that is gone, to the nearest heading around the form. Without that it
 * would be at the page's beginning. Who has moved on already is left alone.
 */
export function useFocusBack(form: FormRef): void {
  // As it is while the form is first drawn: what opened it is often gone as soon as it is there.
  const [opener] = useState(() => document.activeElement)
  useLayoutEffect(() => {
    const closing = form.current
    if (!closing) return
    const places = surroundings(closing)
    return () =>
      void setTimeout(() => {
        if (closing.isConnected || !isFocusLost()) return
        if (opener instanceof HTMLElement && opener.isConnected && opener !== document.body) return opener.focus()
        const heading = places.find((place) => place.isConnected)?.querySelector<HTMLElement>('h1, h2, h3')
        if (!heading) return
        heading.tabIndex = -1
        heading.focus()
      }, 0)
  }, [form, opener])
}

/** After a submit that found faults, the focus is in the first field that has one. @returns what to call with each submit. */
export function useFaultFocus(form: FormRef): () => void {
  const [submits, setSubmits] = useState(0)
  useEffect(() => {
    if (submits > 0) form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus()
  }, [form, submits])
  return () => setSubmits((before) => before + 1)
}

/** A button that waits for an answer loses the focus; when the form is still there after the answer, it has it again. */
export function useFocusAfterAnswer(form: FormRef, isPending: boolean): void {
  const wasPending = useRef(false)
  useEffect(() => {
    const isAnswered = wasPending.current && !isPending
    wasPending.current = isPending
    if (isAnswered && isFocusLost()) form.current?.querySelector<HTMLElement>('[type="submit"]')?.focus()
  }, [form, isPending])
}

const isFocusLost = () => document.activeElement === null || document.activeElement === document.body

/** The elements around a form that have a heading outside of it, the nearest first. */
function surroundings(form: HTMLElement): HTMLElement[] {
  const places: HTMLElement[] = []
  for (let place = form.parentElement; place; place = place.parentElement)
    if ([...place.querySelectorAll('h1, h2, h3')].some((heading) => !form.contains(heading))) places.push(place)
  return places
}
