/** The choices of a select, in the order of their labels’ table. */
export function optionsOf<Code extends string>(labels: Record<Code, string>): { value: Code; label: string }[] {
  return (Object.entries(labels) as [Code, string][]).map(([value, label]) => ({
    value,
    label,
  }))
}
