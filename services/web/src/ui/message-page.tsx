import { Button, Center, Stack, Text, Title } from '@mantine/core'

type MessagePageProps = {
  title: string
  text?: string
  action?: { label: string; href: string } | { label: string; onClick: () => void }
  /** `div` inside of the layout, which has the page's `main` already. */
  component?: 'main' | 'div'
}

/** A page that has nothing to show but why. */
export function MessagePage({ title, text, action, component = 'main' }: MessagePageProps) {
  return (
    <Center component={component} mih={component === 'main' ? '100dvh' : '60%'} p="lg" ta="center">
      <Stack align="center" gap="sm" role="alert" maw={440}>
        <Title order={1}>{title}</Title>
        {text === undefined ? null : <Text c="dimmed">{text}</Text>}
        {action === undefined ? null : 'href' in action ? (
          <Button component="a" href={action.href}>
            {action.label}
          </Button>
        ) : (
          <Button onClick={action.onClick}>{action.label}</Button>
        )}
      </Stack>
    </Center>
  )
}
