import type { PatientSummary } from '@derm/contract'
import { Combobox, Loader, Text, TextInput, useCombobox } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconSearch } from '@tabler/icons-react'
import { useEffect, useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { formatBirthDate, fullName } from './patient-names.ts'
import { usePatientSearch } from './patient-queries.ts'

type Props = {
  value: PatientSummary | null
  onChange: (patient: PatientSummary | null) => void
  error: string | null
  label?: string
}

/**
 * Finds a patient by name or record number. The search goes in a POST body: no name stands in a url. Enter chooses only what the arrow keys have
 * marked, and nothing can be chosen that was found by earlier words: a wrong patient is worse than one more key.
 */
export function PatientPicker({ value, onChange, error, label = 'Patient' }: Props) {
  const [text, setText] = useState(value === null ? '' : fullName(value))
  const [query] = useDebouncedValue(text.trim(), 200)
  const combobox = useCombobox({
    onDropdownClose: () => combobox.resetSelectedOption(),
  })
  const search = usePatientSearch(value === null ? query : '')
  const found = search.data?.items ?? []
  const isOld = search.isPlaceholderData || (value === null && query !== text.trim())
  const isSearching = search.isFetching || isOld
  // A mark is a place in the list: in another list it would be somebody else.
  const shown = found.map(({ id }) => id).join()
  const { resetSelectedOption } = combobox
  useEffect(() => resetSelectedOption(), [text, shown, resetSelectedOption])

  return (
    <Combobox
      store={combobox}
      onOptionSubmit={(id) => {
        const patient = found.find((one) => one.id === id)
        if (!patient || isOld) return
        onChange(patient)
        setText(fullName(patient))
        combobox.closeDropdown()
      }}
    >
      <Combobox.Target>
        <TextInput
          label={label}
          placeholder="Name or record number"
          description={value === null ? null : `Born ${formatBirthDate(value.dateOfBirth)} · MRN ${value.mrn}`}
          inputWrapperOrder={['label', 'input', 'description', 'error']}
          leftSection={<IconSearch size={16} aria-hidden="true" />}
          rightSection={isSearching && text !== '' ? <Loader size={16} aria-label="Searching" /> : null}
          autoComplete="off"
          data-autofocus
          data-testid="patient-search"
          value={text}
          error={error}
          onChange={(event) => {
            setText(event.currentTarget.value)
            if (value !== null) onChange(null)
            combobox.openDropdown()
          }}
          onFocus={() => combobox.openDropdown()}
          onBlur={() => combobox.closeDropdown()}
        />
      </Combobox.Target>
      <Combobox.Dropdown hidden={value !== null || query === ''}>
        <Combobox.Options mah={280} style={{ overflowY: 'auto' }} aria-label="Patients">
          {found.map((patient) => (
            <Combobox.Option
              key={patient.id}
              value={patient.id}
              disabled={isOld}
              aria-disabled={isOld || undefined}
              data-testid={`patient-${patient.id}`}
            >
              <Text fw={600} fz="sm">
                {fullName(patient)}
              </Text>
              <Text c="dimmed" fz="xs" className="numbers">
                Born {formatBirthDate(patient.dateOfBirth)} · MRN {patient.mrn}
              </Text>
            </Combobox.Option>
          ))}
          {found.length === 0 && !isSearching ? (
            <Combobox.Empty>
              {search.error
                ? describeError(search.error)
                : 'Nobody found. Check the spelling, or search by the record number.'}
            </Combobox.Empty>
          ) : null}
          {found.length === 0 && isSearching ? <Combobox.Empty>Searching…</Combobox.Empty> : null}
        </Combobox.Options>
      </Combobox.Dropdown>
    </Combobox>
  )
}
