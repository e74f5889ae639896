import { readFileSync } from 'node:fs'

/** What one unit of each kind costs, as measured. CPU in microseconds of one core. */
export type Figures = {
  /** Node: writing one event to one socket. */
  deliveryUs: number
  /** Node: one event that it hears, whoever listens. */
  heardEventUs: number
  /** Node: a connection from the handshake to the answer of its subscription. */
  connectUs: number
  /** Node: a connection that idles, for each second. */
  idleUsPerSecond: number
  /** Node: resident bytes of a connection that follows the owner's channels. */
  connectionBytes: number
  /** Node: resident bytes without connections. */
  nodeBytes: number
  /** Redis: an event into history, head and feed. */
  redisEventUs: number
  /** Redis: bytes of one event in history. */
  redisEntryBytes: number
  /** API pods together: one change, with its event's publication. */
  changeUs: number
  /** API pods together: one list of a day's appointments. */
  readUs: number
  /** Postgres: one change, with its event's publication. */
  postgresChangeUs: number
  /** Postgres: one list. */
  postgresReadUs: number
}

export type MeasuredFigures = {
  command: string
  machine: string
  figures: Figures
}

export const FIGURES_FILE = new URL('figures.json', import.meta.url)

export const readFigures = (): MeasuredFigures => JSON.parse(readFileSync(FIGURES_FILE, 'utf8')) as MeasuredFigures
