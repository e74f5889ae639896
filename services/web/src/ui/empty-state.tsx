import { Stack, Text, Title } from '@mantine/core'
import type { Icon } from '@tabler/icons-react'
import type { ReactNode } from 'react'

type Props = {
  icon: Icon
  title: string
  text?: string
  /** What could be done about it. */
  children?: ReactNode
  className?: string | undefined
}

/** That there is nothing to show, and is not for want of loading. */
export function EmptyState({ icon: EmptyIcon, title, text, children, className }: Props) {
  return (
    <Stack align="center" gap={6} ta="center" c="dimmed" className={className} data-testid="empty">
      <EmptyIcon size={28} stroke={1.5} aria-hidden="true" />
      <Title order={2} c="var(--text)">
        {title}
      </Title>
      {text === undefined ? null : <Text fz="sm">{text}</Text>}
      {children}
    </Stack>
  )
}
