import { Alert, Button, Group, Stack } from '@mantine/core'
import { IconAlertCircle } from '@tabler/icons-react'
import { useEffect, useId, useRef, type FormEvent, type ReactNode } from 'react'
import { useFaultFocus, useFocusAfterAnswer, useFocusBack } from './form-focus.ts'
import classes from './form-frame.module.css'

export type FormFrameProps = {
  title: string
  submitLabel: string
  isPending: boolean
  /** What went wrong: shown above the buttons, and everything that was typed stays. */
  error: ReactNode
  onSubmit: () => void
  onCancel: () => void
  children: ReactNode
  testId: string
  isDanger?: boolean
}

/** The frame of the small forms that open inside the drawer. */
export function FormFrame({
  title,
  submitLabel,
  isPending,
  error,
  onSubmit,
  onCancel,
  children,
  testId,
  isDanger = false,
}: FormFrameProps) {
  const titleId = useId()
  const errorRef = useRef<HTMLDivElement>(null)
  const form = useRef<HTMLFormElement>(null)
  // The button that opened it is gone: the focus goes to the first field; where there is none, to the button that does no harm.
  useEffect(() => {
    const fields = form.current?.querySelectorAll<HTMLElement>(
      'input:checked, select, textarea, input:not([type=radio])',
    )
    const first = fields?.[0] ?? form.current?.querySelector<HTMLElement>('button')
    first?.focus()
  }, [])
  useFocusBack(form)
  useFocusAfterAnswer(form, isPending)
  const findFault = useFaultFocus(form)
  const hasError = error !== null && error !== undefined
  useEffect(() => {
    if (hasError) errorRef.current?.scrollIntoView({ block: 'nearest' })
  }, [hasError])
  return (
    <form
      ref={form}
      className={classes['frame']}
      aria-labelledby={titleId}
      noValidate
      data-testid={testId}
      onSubmit={(event: FormEvent) => {
        event.preventDefault()
        if (isPending) return
        onSubmit()
        findFault()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return
        event.stopPropagation()
        // An open list or calendar closes first.
        if (event.target instanceof Element && event.target.getAttribute('data-mantine-stop-propagation') === 'true')
          return
        onCancel()
      }}
    >
      <Stack gap="sm">
        <h3 id={titleId} className={classes['title']}>
          {title}
        </h3>
        {children}
        {hasError ? (
          <Alert ref={errorRef} color="red" icon={<IconAlertCircle />} role="alert" data-testid="form-error">
            {error}
          </Alert>
        ) : null}
        <Group justify="flex-end" gap="xs">
          <Button variant="default" onClick={onCancel}>
            Back
          </Button>
          <Button
            type="submit"
            loading={isPending}
            {...(isDanger ? { color: 'red.8' } : {})}
            data-testid={`${testId}-submit`}
          >
            {submitLabel}
          </Button>
        </Group>
      </Stack>
    </form>
  )
}
