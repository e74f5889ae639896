import { useState } from 'react'

/** What a form's fields hold. */
export type Fields = Record<string, string | boolean>

/** A field that the person has changed: what it said when they began, and what it is to say. */
type Edit<Value> = { base: Value; value: Value }
export type Edits<Draft extends Fields> = { readonly [Key in keyof Draft]?: Edit<Draft[Key]> }

/** The edits after a field was typed into. A field that says again what the record says is not edited. */
export function editField<Draft extends Fields, Key extends keyof Draft>(
  edits: Edits<Draft>,
  current: Draft,
  key: Key,
  value: Draft[Key],
): Edits<Draft> {
  const { [key]: before, ...others } = edits
  if (value === current[key]) return others as Edits<Draft>
  return { ...edits, [key]: { base: before?.base ?? current[key], value } }
}

/** What the fields show: the record as it is now, with the edits over it. */
export function valuesOf<Draft extends Fields>(current: Draft, edits: Edits<Draft>): Draft {
  const values: Draft = { ...current }
  for (const key of Object.keys(edits) as (keyof Draft)[]) values[key] = edits[key]!.value
  return values
}

/** What saving is to change: never a field that the person has left alone, so that nobody's change to another field is undone. */
export function changesOf<Draft extends Fields>(current: Draft, edits: Edits<Draft>): Partial<Draft> {
  const changes: Partial<Draft> = {}
  for (const key of Object.keys(edits) as (keyof Draft)[])
    if (edits[key]!.value !== current[key]) changes[key] = edits[key]!.value
  return changes
}

/** The edited fields that somebody else has meanwhile changed to something else. */
export function conflictsOf<Draft extends Fields>(current: Draft, edits: Edits<Draft>): (keyof Draft)[] {
  return (Object.keys(edits) as (keyof Draft)[]).filter(
    (key) => edits[key]!.base !== current[key] && edits[key]!.value !== current[key],
  )
}

export type LiveDraft<Draft extends Fields> = {
  values: Draft
  current: Draft
  changes: Partial<Draft>
  conflicts: readonly (keyof Draft)[]
  edit: <Key extends keyof Draft>(key: Key, value: Draft[Key]) => void
  /** Gives up the edit of a field: it shows what the record says. */
  drop: (key: keyof Draft) => void
}

/** A form over a record that others may change meanwhile: untouched fields follow the record, edited ones keep what was typed. */
export function useLiveDraft<Draft extends Fields>(current: Draft): LiveDraft<Draft> {
  const [edits, setEdits] = useState<Edits<Draft>>({})
  return {
    current,
    values: valuesOf(current, edits),
    changes: changesOf(current, edits),
    conflicts: conflictsOf(current, edits),
    edit: (key, value) => setEdits((before) => editField(before, current, key, value)),
    drop: (key) => setEdits((before) => editField(before, current, key, current[key])),
  }
}
