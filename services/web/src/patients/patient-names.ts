export function fullName(patient: { firstName: string; lastName: string }): string {
  return `${patient.lastName}, ${patient.firstName}`
}

/** `MM/DD/YYYY`, as a front desk asks for it. */
export function formatBirthDate(date: string): string {
  const [year, month, day] = date.split('-')
  return `${month}/${day}/${year}`
}
