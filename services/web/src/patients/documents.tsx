import { DOCUMENT_TRANSITIONS, mayDo, possibleActions, type PatientDocument, type User } from '@derm/contract'
import { UpdateHighlight } from '@derm/react'
import { Button, Text } from '@mantine/core'
import { IconPlus } from '@tabler/icons-react'
import { useState } from 'react'
import { QueryView } from '../ui/query-view.tsx'
import { DOCUMENT_LABEL } from './chart-labels.ts'
import classes from './chart-list.module.css'
import { useDocuments } from './chart-queries.ts'
import { ChartSection, type SectionProps } from './chart-section.tsx'
import { DocumentForm } from './document-form.tsx'
import { MarkInErrorForm } from './mark-in-error-form.tsx'
import { formatBirthDate } from './patient-names.ts'

type Open = { name: 'new' } | { name: 'edit' | 'in-error'; id: string }

/** Which papers are there, of what kind, and since when. */
export function Documents({ patientId, user, mayAdd: isActive }: SectionProps) {
  const documents = useDocuments(patientId)
  const [open, setOpen] = useState<Open | null>(null)
  const close = () => setOpen(null)
  const add = {
    label: 'Add',
    icon: <IconPlus size={16} aria-hidden="true" />,
    onClick: () => setOpen({ name: 'new' }),
    testId: 'add-document',
  }
  const mayAdd = isActive && mayDo(user, DOCUMENT_TRANSITIONS.create.by, null)
  return (
    <ChartSection title="Documents" testId="documents" action={mayAdd && open === null ? add : null}>
      {open?.name === 'new' ? (
        <DocumentForm patientId={patientId} document={null} onDone={close} onCancel={close} />
      ) : null}
      <QueryView
        query={documents}
        what="The list of documents"
        isEmpty={(all) => all.length === 0}
        empty={<Text c="dimmed">No document is filed.</Text>}
      >
        {(all) => (
          <ul className={classes['list']}>
            {sortDocuments(all).map((document) => (
              <li key={document.id}>
                <UpdateHighlight resource="documents" id={document.id} className={classes['glow']!}>
                  {open?.name === 'edit' && open.id === document.id ? (
                    <DocumentForm patientId={patientId} document={document} onDone={close} onCancel={close} />
                  ) : open?.name === 'in-error' && open.id === document.id ? (
                    <MarkInErrorForm
                      resource="documents"
                      entry={document}
                      title={`“${document.title}” was filed in error?`}
                      says={`“${document.title}”, ${DOCUMENT_LABEL[document.kind]}, received ${formatBirthDate(document.receivedOn)}`}
                      onDone={close}
                      onCancel={close}
                    />
                  ) : (
                    <Entry document={document} user={user} isQuiet={open !== null} onOpen={setOpen} />
                  )}
                </UpdateHighlight>
              </li>
            ))}
          </ul>
        )}
      </QueryView>
    </ChartSection>
  )
}

type EntryProps = { document: PatientDocument; user: User; isQuiet: boolean; onOpen: (open: Open) => void }

function Entry({ document: { id, kind, title, receivedOn, pages, status }, user, isQuiet, onOpen }: EntryProps) {
  const possible = isQuiet ? [] : possibleActions(DOCUMENT_TRANSITIONS, status, (by) => mayDo(user, by, null))
  return (
    <article className={classes['item']} data-testid={`document-${id}`} data-status={status}>
      <div className={classes['main']}>
        <b>{title}</b>
        <span className={classes['tag']}>{status === 'active' ? DOCUMENT_LABEL[kind] : 'Filed in error'}</span>
        <span className={`${classes['quiet']} numbers`}>
          Received {formatBirthDate(receivedOn)} · {pages} {pages === 1 ? 'page' : 'pages'}
        </span>
      </div>
      <div className={classes['actions']}>
        {possible.includes('update') ? (
          <Button
            size="compact-sm"
            variant="subtle"
            onClick={() => onOpen({ name: 'edit', id })}
            aria-label={`Edit ${title}`}
            data-testid={`edit-document-${id}`}
          >
            Edit
          </Button>
        ) : null}
        {possible.includes('mark-in-error') ? (
          <Button
            size="compact-sm"
            variant="subtle"
            color="gray"
            onClick={() => onOpen({ name: 'in-error', id })}
            aria-label={`${title} was filed in error`}
            data-testid={`in-error-document-${id}`}
          >
            In error…
          </Button>
        ) : null}
      </div>
    </article>
  )
}

/** The newest first; those filed in error last. */
function sortDocuments(documents: readonly PatientDocument[]): PatientDocument[] {
  return documents.toSorted(
    (a, b) => Number(a.status !== 'active') - Number(b.status !== 'active') || b.receivedOn.localeCompare(a.receivedOn),
  )
}
