import type { Provider } from '@derm/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import classes from './slot-fields.module.css'
import { formatMinutes, formatTime, instantsOf, isDate, parseClock, toInstant, type Turn } from '../time/zone-time.ts'

/** A slot as a form holds it: what stands in the fields, right or not. `time`: `HH:mm`; `length`: minutes. */
export type SlotDraft = {
  providerId: string
  date: string
  time: string
  length: string
  /** Which of two, when the clocks go back and the time comes twice. */
  turn?: Turn
}

const LENGTHS = [10, 15, 20, 30, 45, 60, 90, 120, 180, 240]

/** The slot as the API takes it; `null` while a field is missing or wrong. */
export function toSlot(
  draft: SlotDraft,
  zone: string,
): { providerId: string; startsAt: string; endsAt: string } | null {
  const minutes = parseClock(draft.time)
  const length = Number(draft.length)
  if (draft.providerId === '' || minutes === null || !isDate(draft.date) || !(length > 0 && length <= 480)) return null
  const startsAt = toInstant({ date: draft.date, minutes }, zone, draft.turn)
  // A length is time that passes, whatever the clocks do meanwhile.
  const endsAt = new Date(Date.parse(startsAt) + length * 60_000).toISOString()
  return { providerId: draft.providerId, startsAt, endsAt }
}

type Props = {
  draft: SlotDraft
  onChange: (draft: SlotDraft) => void
  providers: readonly Provider[]
  zone: string
  zoneLabel: string
}

export function SlotFields({ draft, onChange, providers, zone, zoneLabel }: Props) {
  const minutes = parseClock(draft.time)
  const instants = minutes !== null && isDate(draft.date) ? instantsOf({ date: draft.date, minutes }, zone) : null
  const lengths = [...new Set([...LENGTHS, Number(draft.length)])].filter((length) => length > 0).sort((a, b) => a - b)
  return (
    <>
      <NativeSelect
        label="Provider"
        data={providers.map(({ id, displayName }) => ({
          value: id,
          label: displayName,
        }))}
        value={draft.providerId}
        onChange={(event) => onChange({ ...draft, providerId: event.currentTarget.value })}
        data-testid="slot-provider"
      />
      <div className={classes['row']}>
        <TextInput
          type="date"
          label="Date"
          required
          withAsterisk={false}
          value={draft.date}
          onChange={(event) => onChange({ ...draft, date: event.currentTarget.value })}
          data-testid="slot-date"
        />
        <TextInput
          type="time"
          label={`Time (${zoneLabel})`}
          required
          withAsterisk={false}
          step={300}
          description={
            minutes !== null && instants?.length === 0
              ? `The clocks skip it that night: it will be ${formatTime(toInstant({ date: draft.date, minutes }, zone), zone)}`
              : undefined
          }
          value={draft.time}
          onChange={(event) => onChange({ ...draft, time: event.currentTarget.value })}
          data-testid="slot-time"
        />
        <NativeSelect
          label="Length"
          data={lengths.map((length) => ({
            value: String(length),
            label: formatLength(length),
          }))}
          value={draft.length}
          onChange={(event) => onChange({ ...draft, length: event.currentTarget.value })}
          data-testid="slot-length"
        />
      </div>
      {minutes !== null && instants?.length === 2 ? (
        <NativeSelect
          label={`${formatMinutes(minutes)} comes twice that night`}
          data={instants.map((instant, n) => ({
            value: n === 0 ? 'first' : 'second',
            label: `${n === 0 ? 'The first' : 'The second'}, ${formatTime(instant, zone)}`,
          }))}
          value={draft.turn ?? 'first'}
          onChange={(event) => onChange({ ...draft, turn: event.currentTarget.value as Turn })}
          data-testid="slot-turn"
        />
      ) : null}
    </>
  )
}

function formatLength(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return hours === 0 ? `${rest} min` : rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}
