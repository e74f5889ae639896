import type { Resource } from '@derm/contract'
import { Text } from '@mantine/core'
import { describeError } from '../http/api-error.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useOpenedOn } from '../ui/opened-on.ts'
import { usePartChange } from './chart-queries.ts'

type Props = {
  resource: Resource
  entry: { id: string; version: number }
  title: string
  /** The entry as it stands, in a few words. */
  says: string
  onDone: () => void
  onCancel: () => void
}

/** Says that an entry never was right. It stays readable, struck out. */
export function MarkInErrorForm({ resource, entry, title, says, onDone, onCancel }: Props) {
  const change = usePartChange(resource)
  const { isConflict, takeBase } = useOpenedOn(entry, change.error)
  return (
    <FormFrame
      title={title}
      submitLabel={isConflict ? 'Mark it anyway' : 'Mark as entered in error'}
      testId="in-error-form"
      isDanger
      isPending={change.isPending}
      error={
        isConflict
          ? `Someone else changed it in the meantime. It now says: ${says}.`
          : change.error
            ? describeError(change.error)
            : null
      }
      onSubmit={() =>
        change.mutate(
          { path: `/${entry.id}/mark-in-error`, body: {}, version: takeBase().version },
          { onSuccess: onDone },
        )
      }
      onCancel={onCancel}
    >
      <Text fz="sm">
        It counts no more, on any screen, and stays in the record, struck out. This cannot be taken back.
      </Text>
    </FormFrame>
  )
}
