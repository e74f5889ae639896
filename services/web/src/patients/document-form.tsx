import { DocumentKind, type PatientDocument } from '@derm/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { isDate } from '../time/zone-time.ts'
import classes from '../ui/form-frame.module.css'
import { FormFrame } from '../ui/form-frame.tsx'
import { useKeptKeys } from '../http/kept-keys.ts'
import { useLiveDraft } from '../ui/live-draft.ts'
import { ConflictNotice, fieldOf } from '../ui/live-fields.tsx'
import { optionsOf } from '../ui/options.ts'
import { DOCUMENT_LABEL } from './chart-labels.ts'
import { usePartChange } from './chart-queries.ts'
import { formatBirthDate, todayHere } from './patient-names.ts'

type Draft = { title: string; kind: DocumentKind; receivedOn: string; pages: string }
const toDraft = ({ title, kind, receivedOn, pages }: PatientDocument): Draft => ({
  title,
  kind,
  receivedOn,
  pages: String(pages),
})
const toBody = ({ title, pages, ...rest }: Partial<Draft>) => ({
  ...rest,
  ...(title === undefined ? {} : { title: title.trim() }),
  ...(pages === undefined ? {} : { pages: Number(pages) }),
})
function findFaults({ title, receivedOn, pages }: Draft): Partial<Record<keyof Draft, string>> {
  return {
    ...(title.trim() === '' ? { title: 'Enter a title' } : {}),
    ...(isDate(receivedOn) ? {} : { receivedOn: 'Enter a date' }),
    ...(/^[1-9]\d{0,3}$/.test(pages) ? {} : { pages: 'Enter how many pages it has' }),
  }
}

/** `document` null: a new one. */
type Props = { patientId: string; document: PatientDocument | null; onDone: () => void; onCancel: () => void }

export function DocumentForm({ patientId, document, onDone, onCancel }: Props) {
  const [fresh] = useState<Draft>(() => ({ title: '', kind: 'referral', receivedOn: todayHere(), pages: '1' }))
  const draft = useLiveDraft<Draft>(document ? toDraft(document) : fresh)
  const [isChecked, setChecked] = useState(false)
  const change = usePartChange('documents', useKeptKeys())
  const faults = findFaults(draft.values)

  function submit() {
    setChecked(true)
    if (Object.keys(faults).length > 0) return
    if (document && Object.keys(draft.changes).length === 0) return onDone()
    change.mutate(
      document
        ? { path: `/${document.id}`, method: 'PATCH', body: toBody(draft.changes), version: document.version }
        : { body: { patientId, ...toBody(draft.values) } },
      { onSuccess: onDone },
    )
  }
  const field = (key: keyof Draft, describe?: (value: string) => string) => ({
    ...fieldOf(draft, key, { error: isChecked ? faults[key] : undefined, ...(describe ? { describe } : {}) }),
    'data-testid': `document-${key}`,
  })
  return (
    <FormFrame
      title={document ? 'Edit the document' : 'File a document'}
      submitLabel={draft.conflicts.length > 0 ? 'Save what I typed' : document ? 'Save' : 'Add'}
      testId="document-form"
      isPending={change.isPending}
      error={change.error ? describeError(change.error) : null}
      onSubmit={submit}
      onCancel={onCancel}
    >
      <ConflictNotice draft={draft} what="this document" />
      <TextInput label="Title" autoComplete="off" maxLength={200} {...field('title')} />
      <div className={classes['pairs']}>
        <NativeSelect
          label="Kind"
          data={optionsOf(DOCUMENT_LABEL)}
          {...field('kind', (kind) => DOCUMENT_LABEL[DocumentKind.parse(kind)])}
        />
        <TextInput label="Received on" type="date" {...field('receivedOn', formatBirthDate)} />
        <TextInput label="Pages" inputMode="numeric" autoComplete="off" {...field('pages')} />
      </div>
    </FormFrame>
  )
}
