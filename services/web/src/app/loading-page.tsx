import { Center, Loader } from '@mantine/core'

export function LoadingPage() {
  return (
    <Center component="main" mih="100dvh" aria-busy="true">
      <Loader aria-label="Loading" />
    </Center>
  )
}
