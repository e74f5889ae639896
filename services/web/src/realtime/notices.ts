import type { Notice } from '@derm/react'

type Shelf = {
  show(notice: { title: string; message: string; onClose: () => void }): string
  hide(id: string): void
}

/** Shows notices at once: when there are `most`, the oldest makes room. Queued behind others, news would come when it is none any more. */
export function createNotices({ show, hide }: Shelf, most = 4): (notice: Notice) => void {
  const shown: string[] = []
  return ({ title, message = '' }) => {
    while (shown.length >= most) hide(shown.shift()!)
    const id = show({
      title,
      message,
      onClose() {
        const at = shown.indexOf(id)
        if (at >= 0) shown.splice(at, 1)
      },
    })
    shown.push(id)
  }
}
