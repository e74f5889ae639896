import '@mantine/dates/styles.css'
import { DatePicker } from '@mantine/dates'

/** Comes only when someone opens it. */
export default function DayPicker({ date, onDate }: { date: string; onDate: (date: string) => void }) {
  return (
    <DatePicker
      value={date}
      defaultDate={date}
      firstDayOfWeek={0}
      weekendDays={[]}
      allowDeselect={false}
      onChange={(next) => {
        if (next !== null) onDate(next)
      }}
      ariaLabels={{ nextMonth: 'Next month', previousMonth: 'Previous month' }}
    />
  )
}
