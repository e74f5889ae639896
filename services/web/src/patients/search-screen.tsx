import { PATIENT_TRANSITIONS, mayDo } from '@derm/contract'
import { usePatientUpdates } from '@derm/react'
import { Button, Group, Loader, Text, TextInput, Title } from '@mantine/core'
import { useDebouncedValue } from '@mantine/hooks'
import { IconHistory, IconSearch, IconUserPlus, IconUserQuestion } from '@tabler/icons-react'
import { useQueries } from '@tanstack/react-query'
import { useNavigate } from '@tanstack/react-router'
import { useEffect, useEffectEvent, useRef, useState, type KeyboardEvent } from 'react'
import { useUser } from '../session/use-user.ts'
import { EmptyState } from '../ui/empty-state.tsx'
import { usePreferences } from '../ui/preferences.ts'
import { QueryView } from '../ui/query-view.tsx'
import { useShortcuts } from '../ui/use-shortcuts.ts'
import { NewPatientForm } from './new-patient-form.tsx'
import { PatientList } from './patient-list.tsx'
import { patientQuery, usePatientSearch } from './patient-queries.ts'
import { useRecentPatients } from './recent-patients.ts'
import classes from './search-screen.module.css'
import { useLastWords } from './last-words.ts'

/** Finds a chart. The words stay in this window's memory: they are a patient's name, and stand in no url. */
export default function SearchScreen() {
  usePatientUpdates()
  const navigate = useNavigate()
  const user = useUser()
  const [isRegistering, setRegistering] = useState(false)
  const [text, setText] = useLastWords()
  const [query] = useDebouncedValue(text.trim(), 150)
  const search = usePatientSearch(query)
  const field = useRef<HTMLInputElement>(null)
  const list = useRef<HTMLDivElement>(null)
  /** Enter was pressed before the answer came. */
  const isAwaited = useRef(false)
  const { hasShortcuts } = usePreferences()
  const isSearching = text.trim() !== '' && (search.isFetching || query !== text.trim())
  useShortcuts({ '/': () => field.current?.focus() }, hasShortcuts)
  useEffect(() => {
    document.title = 'Patients · DermLive'
    field.current?.focus()
    field.current?.select()
  }, [])

  /** Opens the only one found. Of several, the first is only offered: a wrong chart is worse than one more key. */
  function openFound() {
    const [first, second] = search.data?.items ?? []
    if (first && !second) void navigate({ to: '/patients/$patientId', params: { patientId: first.id } })
    else list.current?.querySelector<HTMLElement>('a')?.focus()
  }
  const openAwaited = useEffectEvent(() => {
    if (!isAwaited.current) return
    isAwaited.current = false
    openFound()
  })
  useEffect(() => {
    if (!isSearching) openAwaited()
  }, [isSearching])
  return (
    <div className={classes['page']}>
      <Group justify="space-between">
        <Title order={1}>Patients</Title>
        {user && mayDo(user, PATIENT_TRANSITIONS.create.by, null) && !isRegistering ? (
          <Button
            variant="default"
            leftSection={<IconUserPlus size={17} aria-hidden="true" />}
            onClick={() => setRegistering(true)}
            data-testid="new-patient"
          >
            New patient
          </Button>
        ) : null}
      </Group>
      {isRegistering ? (
        <NewPatientForm
          onDone={(patientId) => void navigate({ to: '/patients/$patientId', params: { patientId } })}
          onCancel={() => setRegistering(false)}
        />
      ) : null}
      <TextInput
        ref={field}
        type="search"
        size="lg"
        aria-label="Search patients"
        placeholder="Last name, first name or record number"
        leftSection={<IconSearch size={20} aria-hidden="true" />}
        rightSection={isSearching ? <Loader size={18} aria-label="Searching" /> : null}
        autoComplete="off"
        spellCheck={false}
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          isAwaited.current = false
        }}
        onKeyDown={(event) => {
          if (event.key === 'Enter' && isSearching) isAwaited.current = true
          else if (event.key === 'Enter') openFound()
          if (event.key === 'ArrowDown') {
            event.preventDefault()
            list.current?.querySelector<HTMLElement>('a')?.focus()
          }
        }}
        data-testid="patients-search"
      />
      <div ref={list} onKeyDown={(event) => moveAmongLinks(event, list.current, field.current)}>
        {query === '' ? (
          <Recent />
        ) : (
          <QueryView
            query={search}
            what="The search"
            isEmpty={({ items }) => items.length === 0}
            empty={
              <EmptyState
                icon={IconUserQuestion}
                title="Nobody found"
                text="Check the spelling, or search by the record number."
                className={classes['empty']}
              />
            }
          >
            {({ items, nextCursor }) => (
              <>
                <PatientList label="Found" patients={items} isOld={isSearching} />
                <Text fz="sm" c="dimmed" mt="xs" role="status">
                  {isSearching
                    ? 'Searching…'
                    : nextCursor === null
                      ? `${items.length} ${items.length === 1 ? 'patient' : 'patients'} found.`
                      : `The first ${items.length}. Type more to see fewer.`}
                </Text>
              </>
            )}
          </QueryView>
        )}
      </div>
    </div>
  )
}

/** The charts of this session. Each is read again only when an event has said that it changed. */
function Recent() {
  const ids = useRecentPatients()
  const loaded = useQueries({ queries: ids.map((id) => ({ ...patientQuery(id), staleTime: Infinity })) })
  const patients = loaded.map(({ data }) => data).filter((patient): patient is NonNullable<typeof patient> => !!patient)
  if (ids.length === 0)
    return (
      <EmptyState
        icon={IconHistory}
        title="No chart was opened yet"
        text="The charts that you open stay listed here until you sign out."
        className={classes['empty']}
      />
    )
  return <PatientList label="Opened in this session" patients={patients} />
}

/** Arrows go from the field through the list and back. */
function moveAmongLinks(event: KeyboardEvent, list: HTMLElement | null, field: HTMLElement | null): void {
  if (event.key !== 'ArrowDown' && event.key !== 'ArrowUp') return
  const links = [...(list?.querySelectorAll<HTMLElement>('a') ?? [])]
  const at = links.findIndex((link) => link === document.activeElement)
  if (at === -1) return
  event.preventDefault()
  if (event.key === 'ArrowUp' && at === 0) field?.focus()
  else links[at + (event.key === 'ArrowDown' ? 1 : -1)]?.focus()
}
