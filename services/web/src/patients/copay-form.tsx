import type { Account } from '@derm/contract'
import { TextInput } from '@mantine/core'
import { useState } from 'react'
import { describeError } from '../http/api-error.ts'
import { FormFrame } from '../ui/form-frame.tsx'
import { useKeptKeys } from '../http/kept-keys.ts'
import { useAccounts, usePartChange } from './chart-queries.ts'
import { parseCents } from './money.ts'

/** Takes a copay at the desk. A patient's first one opens the account. */
export function CopayForm({ patientId, onClose }: { patientId: string; onClose: () => void }) {
  const accounts = useAccounts(patientId)
  const keys = useKeptKeys()
  const open = usePartChange<Account>('accounts', keys)
  const take = usePartChange<Account>('accounts', keys)
  const [amount, setAmount] = useState('')
  const [isChecked, setChecked] = useState(false)
  const amountCents = parseCents(amount)
  // Without the account nothing can be taken.
  const error = open.error ?? take.error ?? (accounts.data ? null : accounts.error)

  async function submit() {
    setChecked(true)
    if (amountCents === null) return
    if (!accounts.data) return void accounts.refetch()
    const account = accounts.data[0] ?? (await open.mutateAsync({ body: { patientId } }))
    await take.mutateAsync({ path: `/${account.id}/copay`, body: { amountCents }, version: account.version })
    onClose()
  }
  return (
    <FormFrame
      title="Take a copay"
      submitLabel="Taken"
      testId="copay-form"
      isPending={open.isPending || take.isPending || (!accounts.data && accounts.isFetching)}
      error={error ? describeError(error) : null}
      // What was refused stands in the form.
      onSubmit={() => void submit().catch(() => undefined)}
      onCancel={onClose}
    >
      <TextInput
        label="Amount in dollars"
        inputMode="decimal"
        autoComplete="off"
        value={amount}
        onChange={(event) => setAmount(event.currentTarget.value)}
        error={isChecked && amountCents === null ? 'Enter an amount, such as 25 or 25.50' : null}
        data-testid="copay-amount"
      />
    </FormFrame>
  )
}
