import { useEffect, useState } from 'react'
import classes from './board.module.css'
import { toWallTime } from '../time/zone-time.ts'

/** The present on the board of today, in the location's time. */
export function NowLine({ date, zone, start, end }: { date: string; zone: string; start: number; end: number }) {
  const [now, setNow] = useState(() => Date.now())
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 20_000)
    return () => clearInterval(timer)
  }, [])
  const wall = toWallTime(now, zone)
  if (wall.date !== date || wall.minutes < start || wall.minutes > end) return null
  return (
    <div
      className={classes['now']}
      data-now=""
      style={{ top: `calc(${wall.minutes - start} * var(--minute))` }}
      aria-hidden="true"
    />
  )
}
