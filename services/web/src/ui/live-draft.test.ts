import { expect, it } from 'vitest'
import { changesOf, conflictsOf, editField, valuesOf, type Edits } from './live-draft.ts'

type Draft = { name: string; phone: string }
const record: Draft = { name: 'Ann', phone: '1' }
const edit = (key: keyof Draft, value: string, edits: Edits<Draft> = {}, current = record) =>
  editField(edits, current, key, value)

it('a field that nobody edits follows the record, and is not saved', () => {
  const edits = edit('name', 'Anna')
  const newer = { ...record, phone: '2' }
  expect(valuesOf(newer, edits)).toEqual({ name: 'Anna', phone: '2' })
  expect(changesOf(newer, edits)).toEqual({ name: 'Anna' })
  expect(conflictsOf(newer, edits)).toEqual([])
})

it('what was typed stays when someone else changes the same field, and is a conflict', () => {
  const edits = edit('name', 'Anna')
  const newer = { ...record, name: 'Anne' }
  expect(valuesOf(newer, edits).name).toBe('Anna')
  expect(conflictsOf(newer, edits)).toEqual(['name'])
})

it('it stays a conflict while typing goes on', () => {
  const newer = { ...record, name: 'Anne' }
  expect(conflictsOf(newer, edit('name', 'Annabel', edit('name', 'Anna'), newer))).toEqual(['name'])
})

it('two people who mean the same have no conflict, and nothing is left to save', () => {
  const edits = edit('name', 'Anna')
  const newer = { ...record, name: 'Anna' }
  expect(conflictsOf(newer, edits)).toEqual([])
  expect(changesOf(newer, edits)).toEqual({})
})

it('a field that says again what the record says is not edited', () => {
  const edits = edit('name', 'Ann', edit('name', 'Anna'))
  expect(edits).toEqual({})
  expect(valuesOf({ ...record, name: 'Anne' }, edits).name).toBe('Anne')
})
