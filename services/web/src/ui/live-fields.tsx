import { Alert, UnstyledButton } from '@mantine/core'
import { IconUsers } from '@tabler/icons-react'
import type { ChangeEvent, ReactNode } from 'react'
import type { Fields, LiveDraft } from './live-draft.ts'
import classes from './live-fields.module.css'

type TextKey<Draft extends Fields> = { [Key in keyof Draft]: Draft[Key] extends string ? Key : never }[keyof Draft]

export type FieldOptions = {
  error?: string | undefined
  /** The record's value in words, for a field that holds a code. */
  describe?: (value: string) => string
}

/** What a text input or a select needs for one field of a live draft: its value, and beneath it what someone else has changed it to. */
export function fieldOf<Draft extends Fields>(
  draft: LiveDraft<Draft>,
  key: TextKey<Draft>,
  { error, describe = (value) => value }: FieldOptions = {},
) {
  const theirs = draft.current[key] as string
  const note: ReactNode = draft.conflicts.includes(key) ? (
    <span className={classes['note']} data-testid={`conflict-${String(key)}`}>
      Someone else changed this to <b>{theirs === '' ? 'nothing' : describe(theirs)}</b>.{' '}
      <UnstyledButton className={classes['take']} onClick={() => draft.drop(key)}>
        Take theirs
      </UnstyledButton>
    </span>
  ) : null
  return {
    value: draft.values[key] as string,
    onChange: (event: ChangeEvent<HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement>) =>
      draft.edit(key, event.currentTarget.value as Draft[typeof key]),
    description: note,
    inputWrapperOrder: ['label', 'input', 'description', 'error'] as ('label' | 'input' | 'description' | 'error')[],
    error: error ?? null,
  }
}

/** Above a form while it holds edits of fields that someone else has changed too. */
export function ConflictNotice({ draft, what }: { draft: { conflicts: readonly unknown[] }; what: string }) {
  const count = draft.conflicts.length
  if (count === 0) return null
  return (
    <Alert color="yellow" icon={<IconUsers />} role="status" data-testid="conflict-notice">
      Someone else changed {what} while you were typing. What you typed is still here;{' '}
      {count === 1 ? 'one field differs' : `${count} fields differ`} from what they saved.
    </Alert>
  )
}
