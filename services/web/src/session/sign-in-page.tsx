import { Alert, Button, Group, PasswordInput, Stack, Text, TextInput, Title, UnstyledButton } from '@mantine/core'
import { useForm } from '@mantine/form'
import { IconAlertCircle, IconArrowRight, IconInfoCircle } from '@tabler/icons-react'
import { useRouter } from '@tanstack/react-router'
import { useEffect, useRef, useState } from 'react'
import { Brand } from '../ui/brand.tsx'
import { describeError } from '../http/api-error.ts'
import { session } from './browser-session.ts'
import { DEMO_PASSWORD, DEMO_TENANTS, IS_DEMO } from './demo-accounts.ts'
import classes from './sign-in-page.module.css'
import { useSession } from './use-user.ts'

export function SignInPage() {
  const router = useRouter()
  const state = useSession()
  const [error, setError] = useState<string | null>(null)
  /** The email that is being signed in. */
  const [pending, setPending] = useState<string | null>(null)
  const errorRef = useRef<HTMLDivElement>(null)
  const form = useForm({
    initialValues: { email: '', password: '' },
    validate: {
      email: (email) => (/^\S+@\S+\.\S+$/.test(email.trim()) ? null : 'Enter an email, such as name@practice.com'),
      password: (password) => (password === '' ? 'Enter your password' : null),
    },
  })

  useEffect(() => {
    document.title = 'Sign in · DermLive'
  }, [])
  useEffect(() => {
    if (error !== null) errorRef.current?.focus()
  }, [error])

  async function signIn(email: string, password: string) {
    if (pending !== null) return
    setError(null)
    setPending(email)
    try {
      await session.login(email, password)
      await router.navigate({ to: '/', replace: true })
    } catch (caught) {
      setError(describeError(caught))
    } finally {
      setPending(null)
    }
  }

  const notice = state.status === 'signed-out' ? state.notice : null
  return (
    <div className={classes['page']}>
      <main className={classes['panel']} data-demo={IS_DEMO || undefined}>
        <section className={classes['form']} aria-labelledby="sign-in-title">
          <Group gap="xs" mb="xl">
            <Brand size={32} />
            <Text fw={700} fz="lg" component="span">
              DermLive
            </Text>
          </Group>
          <Title order={1} id="sign-in-title" fz="1.5rem" mb={4}>
            Sign in
          </Title>
          <Text c="dimmed" mb="lg">
            Every screen of the practice, current.
          </Text>
          {notice !== null && error === null ? (
            <Alert icon={<IconInfoCircle />} color="blue" mb="md" role="status">
              {notice}
            </Alert>
          ) : null}
          {error === null ? null : (
            <Alert
              ref={errorRef}
              tabIndex={-1}
              icon={<IconAlertCircle />}
              color="red"
              mb="md"
              role="alert"
              data-testid="sign-in-error"
            >
              {error}
            </Alert>
          )}
          <form noValidate onSubmit={form.onSubmit(({ email, password }) => void signIn(email.trim(), password))}>
            <Stack gap="sm">
              <TextInput
                label="Email"
                type="email"
                name="email"
                autoComplete="username"
                size="md"
                autoFocus={!IS_DEMO}
                {...form.getInputProps('email')}
              />
              <PasswordInput
                label="Password"
                name="password"
                autoComplete="current-password"
                size="md"
                visibilityToggleButtonProps={{
                  'aria-label': 'Show or hide the password',
                }}
                {...form.getInputProps('password')}
              />
              <Button
                type="submit"
                size="md"
                mt="xs"
                fullWidth
                loading={pending !== null && pending === form.values.email.trim()}
                data-testid="sign-in"
              >
                Sign in
              </Button>
            </Stack>
          </form>
        </section>
        {IS_DEMO ? (
          <section className={classes['demo']} aria-labelledby="demo-title">
            <Title order={2} id="demo-title" mb={4}>
              Try it with a demo account
            </Title>
            <Text c="dimmed" fz="sm" mb="md">
              Open a second, private window with another account of the same practice and change something: the other
              window follows. One of the other practice sees none of it.
            </Text>
            <div className={classes['tenants']}>
              {DEMO_TENANTS.map((tenant) => (
                <section key={tenant.name} aria-label={tenant.name}>
                  <h3 className={classes['tenant']}>{tenant.name}</h3>
                  <ul className={classes['accounts']}>
                    {tenant.accounts.map((account) => (
                      <li key={account.email}>
                        <UnstyledButton
                          className={classes['account']}
                          data-testid={`account-${account.email}`}
                          aria-busy={pending === account.email}
                          disabled={pending !== null}
                          onClick={() => void signIn(account.email, DEMO_PASSWORD)}
                        >
                          <span>
                            <span className={classes['role']}>{account.label}</span>
                            <span className={classes['places']}>{account.places}</span>
                          </span>
                          <span className={classes['email']}>{account.email}</span>
                          <IconArrowRight size={16} aria-hidden="true" />
                        </UnstyledButton>
                      </li>
                    ))}
                  </ul>
                </section>
              ))}
            </div>
          </section>
        ) : null}
      </main>
    </div>
  )
}
