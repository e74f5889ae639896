import { UpdateHighlight } from '@derm/react'
import { Button } from '@mantine/core'
import { QueryView } from '../ui/query-view.tsx'
import classes from './balance.module.css'
import { useAccounts } from './chart-queries.ts'
import { formatCents } from './money.ts'

type Props = { patientId: string; mayTakeCopay: boolean; onCopay: () => void }

/** What the patient owes, for those who may see it. */
export function Balance({ patientId, mayTakeCopay, onCopay }: Props) {
  const accounts = useAccounts(patientId)
  return (
    <div className={classes['balance']} data-testid="balance">
      <QueryView query={accounts} what="The balance" skeleton={<span aria-busy="true">Balance…</span>}>
        {([account]) => (
          <UpdateHighlight resource="accounts" id={account?.id ?? ''} className={classes['glow']!}>
            <span className={classes['label']}>{account && account.balanceCents < 0 ? 'Credit' : 'Balance'}</span>{' '}
            <b className="numbers" data-owing={(account && account.balanceCents > 0) || undefined}>
              {account ? formatCents(Math.abs(account.balanceCents), account.currency) : formatCents(0, 'USD')}
            </b>
          </UpdateHighlight>
        )}
      </QueryView>
      {mayTakeCopay ? (
        <Button size="compact-sm" variant="light" onClick={onCopay} data-testid="take-copay">
          Take a copay
        </Button>
      ) : null}
    </div>
  )
}
