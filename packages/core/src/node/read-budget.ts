/** Who pays for reads of history. [SES24] [SES30] */
export type ReadBudget = {
  /** Sets so many bytes aside before the read; it may wait for what other reads give back. `false`: they are not to be had. */
  reserve(bytes: number): Promise<boolean>
  /** Gives back what was set aside, and takes what was read. */
  settle(reserved: number, read: number): void
}
