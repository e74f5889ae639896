import { Center, Loader } from '@mantine/core'

/** `component`: `div` inside of the layout, which has the page's `main` already. */
export function LoadingPage({ component = 'main' }: { component?: 'main' | 'div' }) {
  return (
    <Center component={component} mih={component === 'main' ? '100dvh' : '60%'} aria-busy="true">
      <Loader aria-label="Loading" />
    </Center>
  )
}
