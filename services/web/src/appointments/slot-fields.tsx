import type { Provider } from '@derm/contract'
import { NativeSelect, TextInput } from '@mantine/core'
import classes from './slot-fields.module.css'
import { isDate, parseClock, toInstant } from '../time/zone-time.ts'

/** A slot as a form holds it: what stands in the fields, right or not. `time`: `HH:mm`; `length`: minutes. */
export type SlotDraft = {
  providerId: string
  date: string
  time: string
  length: string
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
  return {
    providerId: draft.providerId,
    startsAt: toInstant({ date: draft.date, minutes }, zone),
    endsAt: toInstant({ date: draft.date, minutes: minutes + length }, zone),
  }
}

type Props = {
  draft: SlotDraft
  onChange: (draft: SlotDraft) => void
  providers: readonly Provider[]
  zoneLabel: string
}

export function SlotFields({ draft, onChange, providers, zoneLabel }: Props) {
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
    </>
  )
}

function formatLength(minutes: number): string {
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60]
  return hours === 0 ? `${rest} min` : rest === 0 ? `${hours} h` : `${hours} h ${rest} min`
}
