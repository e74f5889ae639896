import { notifications } from '@mantine/notifications'
import { useEffect, useRef } from 'react'
import { describeError, isRefusal } from '../http/api-error.ts'
import { session } from './browser-session.ts'
import { useUser } from './use-user.ts'

/**
 * Tells of a change that failed where nobody would see it: its form or drawer is closed. `showsError`: the
 * component shows the error itself while it is there. Call what it returns in a mutation's own `onError`; callbacks that are given
 * to `mutate` do not run after an unmount or a second `mutate`.
 */
export function useFailureNotice({ showsError }: { showsError: boolean }) {
  const isShown = useRef(false)
  const user = useUser()
  useEffect(() => {
    isShown.current = showsError
    return () => void (isShown.current = false)
  }, [showsError])
  return (error: unknown, title = titleOfFailure(error), id?: string) => {
    if (isShown.current) return
    // Nothing of one person's is told to the next, or to nobody.
    const now = session.getState()
    if (now.status !== 'signed-in' || now.user.id !== user?.id) return
    notifications.show({
      ...(id === undefined ? {} : { id }),
      color: 'red',
      title,
      message: describeError(error),
      autoClose: 9000,
    })
  }
}

/** Without an answer it is not known whether the change was made. */
export function titleOfFailure(error: unknown, subject = 'A change'): string {
  return isRefusal(error) ? `${subject} was not saved` : `${subject} was perhaps not saved`
}
