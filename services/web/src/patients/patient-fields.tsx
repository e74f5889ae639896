import { Sex } from '@derm/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import classes from '../ui/form-frame.module.css'
import type { LiveDraft } from '../ui/live-draft.ts'
import { fieldOf } from '../ui/live-fields.tsx'
import { optionsOf } from '../ui/options.ts'
import type { PatientDraft, PatientFaults } from './patient-draft.ts'
import { SEX_LABEL, formatBirthDate } from './patient-names.ts'

/** The fields of demographics and contact, of a patient who is there or a new one. */
export function PatientFields({ draft, faults }: { draft: LiveDraft<PatientDraft>; faults: PatientFaults }) {
  const field = (key: keyof PatientDraft, describe?: (value: string) => string) => ({
    ...fieldOf(draft, key, { error: faults[key], ...(describe ? { describe } : {}) }),
    'data-testid': `patient-${key}`,
  })
  return (
    <div className={classes['pairs']}>
      <TextInput label="First name" autoComplete="off" {...field('firstName')} />
      <TextInput label="Last name" autoComplete="off" {...field('lastName')} />
      <TextInput label="Date of birth" type="date" {...field('dateOfBirth', formatBirthDate)} />
      <NativeSelect label="Sex" data={optionsOf(SEX_LABEL)} {...field('sex', (sex) => SEX_LABEL[Sex.parse(sex)])} />
      <TextInput label="Phone" type="tel" autoComplete="off" {...field('phone')} />
      <TextInput label="Email" type="email" autoComplete="off" {...field('email')} />
    </div>
  )
}
