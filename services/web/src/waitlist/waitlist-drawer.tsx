import type { Location, Provider, WaitlistEntry } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { Alert, Button, Drawer, Group, Skeleton, Stack, Text } from '@mantine/core'
import { IconClockPlus, IconListCheck, IconPlus, IconUsers } from '@tabler/icons-react'
import { useState } from 'react'
import { EmptyState } from '../ui/empty-state.tsx'
import { QueryView } from '../ui/query-view.tsx'
import { TYPE_LABEL } from '../appointments/appointment-labels.ts'
import { formatBirthDate, fullName } from '../patients/patient-names.ts'
import { formatDate, formatTime, toWallTime } from '../time/zone-time.ts'
import { AddForm } from './add-form.tsx'
import { OfferForm } from './offer-form.tsx'
import { RemoveForm } from './remove-form.tsx'
import classes from './waitlist-drawer.module.css'
import { useWaitlist } from './waitlist-queries.ts'

type Props = {
  opened: boolean
  /** A dialog is open above it: what closes that one does not close this. */
  isCovered: boolean
  location: Location
  providers: readonly Provider[]
  date: string
  isWritable: boolean
  onClose: () => void
  onBook: (entry: WaitlistEntry) => void
}

type OpenForm = { name: 'add' } | { name: 'offer' | 'remove'; id: string } | null

/** Who waits for a slot at this location: add, offer, book. */
export function WaitlistDrawer({ opened, isCovered, onClose, ...rest }: Props) {
  const [form, setForm] = useState<OpenForm>(null)
  const isClosable = form === null && !isCovered
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      // Escape goes back from a form first, and a click beside it does not discard it.
      closeOnEscape={isClosable}
      closeOnClickOutside={isClosable}
      position="right"
      size={440}
      title={`Waitlist · ${rest.location.name}`}
      closeButtonProps={{ 'aria-label': 'Close the waitlist', size: 'lg' }}
      data-testid="waitlist-drawer"
    >
      {opened ? <Waitlist {...rest} form={form} onForm={setForm} /> : null}
    </Drawer>
  )
}

type WaitlistProps = Omit<Props, 'opened' | 'isCovered' | 'onClose'> & {
  form: OpenForm
  onForm: (form: OpenForm) => void
}

function Waitlist({ location, providers, date, isWritable, onBook, form, onForm }: WaitlistProps) {
  const waitlist = useWaitlist(location.id)
  const close = () => onForm(null)
  const isGone =
    form !== null &&
    form.name !== 'add' &&
    waitlist.data !== undefined &&
    !waitlist.data.some((entry) => entry.id === form.id && isOpen(entry))

  return (
    <Stack gap="sm">
      {form?.name === 'add' ? (
        <AddForm location={location} providers={providers} date={date} onDone={close} onCancel={close} />
      ) : isWritable ? (
        <div>
          <Button
            variant="default"
            leftSection={<IconPlus size={16} />}
            onClick={() => onForm({ name: 'add' })}
            data-testid="waitlist-add"
          >
            Add a patient
          </Button>
        </div>
      ) : null}
      {isGone ? (
        <Alert
          color="yellow"
          icon={<IconUsers />}
          role="alert"
          withCloseButton
          closeButtonLabel="Dismiss"
          onClose={close}
          data-testid="entry-gone"
        >
          Someone else has booked this patient or taken them off the list, so nothing was saved here.
        </Alert>
      ) : null}
      <QueryView
        query={waitlist}
        what="The waitlist"
        skeleton={<LoadingEntries />}
        isEmpty={(entries) => entries.every((entry) => !isOpen(entry))}
        empty={
          <EmptyState
            icon={IconListCheck}
            title="Nobody is waiting for a slot here"
            text="Whoever is added appears here at once."
          />
        }
      >
        {(entries) => (
          <ul className={classes['list']}>
            {entries.filter(isOpen).map((entry) => (
              <li key={entry.id}>
                <UpdateHighlight resource="waitlist" id={entry.id} className={classes['glow']!}>
                  <article
                    className={classes['entry']}
                    data-testid={`waitlist-${entry.id}`}
                    data-status-value={entry.status}
                  >
                    <Entry entry={entry} location={location} providers={providers} />
                    {form?.name === 'remove' && form.id === entry.id ? (
                      <RemoveForm entry={entry} onDone={close} onCancel={close} />
                    ) : form?.name === 'offer' && form.id === entry.id ? (
                      <OfferForm
                        entry={entry}
                        location={location}
                        providers={providers}
                        date={date}
                        onDone={close}
                        onCancel={close}
                      />
                    ) : isWritable ? (
                      <Group gap="xs" mt={8}>
                        <Button
                          size="compact-md"
                          variant="default"
                          leftSection={<IconClockPlus size={15} />}
                          onClick={() => onForm({ id: entry.id, name: 'offer' })}
                          data-testid={`offer-${entry.id}`}
                        >
                          {entry.offer ? 'Offer another slot' : 'Offer a slot'}
                        </Button>
                        <Button size="compact-md" onClick={() => onBook(entry)} data-testid={`book-${entry.id}`}>
                          Book…
                        </Button>
                        <Button
                          size="compact-md"
                          variant="subtle"
                          color="gray"
                          onClick={() => onForm({ id: entry.id, name: 'remove' })}
                          data-testid={`remove-${entry.id}`}
                        >
                          Take off…
                        </Button>
                      </Group>
                    ) : null}
                  </article>
                </UpdateHighlight>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </Stack>
  )
}

const isOpen = ({ status }: WaitlistEntry) => status === 'waiting' || status === 'offered'

function LoadingEntries() {
  return (
    <Stack role="status" aria-busy="true" aria-label="Loading the waitlist" gap="xs">
      <Skeleton h={84} />
      <Skeleton h={84} />
      <Skeleton h={84} />
    </Stack>
  )
}

function Entry({
  entry,
  location,
  providers,
}: {
  entry: WaitlistEntry
  location: Location
  providers: readonly Provider[]
}) {
  const nameOf = (id: string) => providers.find((provider) => provider.id === id)?.displayName ?? 'another provider'
  const { offer } = entry
  return (
    <>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="xs">
        <Text fw={650}>{fullName(entry.patient)}</Text>
        <span className={classes['state']} data-offered={entry.status === 'offered' || undefined}>
          {entry.status === 'offered' ? 'Offered' : 'Waiting'}
        </span>
      </Group>
      <Text fz="sm" c="dimmed" className="numbers">
        Born {formatBirthDate(entry.patient.dateOfBirth)} · {TYPE_LABEL[entry.type]}
      </Text>
      <Text fz="sm" className="numbers">
        {entry.latestDate === null
          ? `From ${formatDate(entry.earliestDate, 'short')}`
          : `${formatDate(entry.earliestDate, 'short')} to ${formatDate(entry.latestDate, 'short')}`}
        {entry.providerId === null ? ', any provider' : `, ${nameOf(entry.providerId)}`}
      </Text>
      {offer ? (
        <Text fz="sm" mt={4} className={classes['offer']}>
          Offered: {formatDate(toWallTime(offer.startsAt, location.timeZone).date, 'short')},{' '}
          {formatTime(offer.startsAt, location.timeZone)}, {nameOf(offer.providerId)}
        </Text>
      ) : null}
      {entry.note === null || entry.note === '' ? null : (
        <Text fz="sm" c="dimmed" mt={4} className={classes['note']}>
          {entry.note}
        </Text>
      )}
    </>
  )
}
