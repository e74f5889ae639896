import type { Consequence } from './aggregate/consequence.ts'
import { closeOrReopen } from './recalls/close-or-reopen.ts'

/** Every change that another aggregate's event brings about. */
export const CONSEQUENCES: readonly Consequence[] = [closeOrReopen]
