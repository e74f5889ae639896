import type { User } from '@derm/contract'
import { RealtimeIndicator } from '@derm/react'
import { ActionIcon, Menu, Text, UnstyledButton, useComputedColorScheme, useMantineColorScheme } from '@mantine/core'
import { IconChevronDown, IconKeyboard, IconLogout, IconMoon, IconSun } from '@tabler/icons-react'
import type { ReactNode } from 'react'
import { session } from '../session/browser-session.ts'
import classes from './app-header.module.css'
import { Brand } from '../ui/brand.tsx'
import { setPreferences, usePreferences } from '../ui/preferences.ts'
import { roleNames } from './role-labels.ts'

/** `menu`: the way to the other screens, where there is no room for a rail. */
export function AppHeader({ user, menu }: { user: User; menu: ReactNode }) {
  const { setColorScheme } = useMantineColorScheme()
  const scheme = useComputedColorScheme('light')
  const { hasShortcuts } = usePreferences()
  return (
    <header className={classes['header']}>
      <div className={classes['brand']}>
        <Brand />
        <div className={classes['names']}>
          <span className={classes['product']}>DermLive</span>
          {menu}
          <span className={classes['tenant']} data-testid="tenant">
            {user.tenantName}
          </span>
        </div>
      </div>
      <div className={classes['end']}>
        <div data-testid="realtime-indicator" className={classes['indicator']}>
          <RealtimeIndicator />
        </div>
        <ActionIcon
          size="lg"
          aria-label={scheme === 'dark' ? 'Light colours' : 'Dark colours'}
          onClick={() => setColorScheme(scheme === 'dark' ? 'light' : 'dark')}
          data-testid="color-scheme"
        >
          {scheme === 'dark' ? <IconSun size={18} /> : <IconMoon size={18} />}
        </ActionIcon>
        <Menu withInitialFocusPlaceholder={false} position="bottom-end" width={240} shadow="md">
          <Menu.Target>
            <UnstyledButton className={classes['user']} data-testid="user-menu">
              <span className={classes['avatar']} aria-hidden="true">
                {user.displayName
                  .replace(/^(Dr\.?|Mr\.?|Ms\.?|Mrs\.?)\s+/, '')
                  .split(/\s+/)
                  .map((word) => word[0])
                  .slice(0, 2)
                  .join('')}
              </span>
              <span className={classes['who']}>
                {user.displayName}
                <small>{roleNames(user)}</small>
              </span>
              <IconChevronDown size={14} aria-hidden="true" />
            </UnstyledButton>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Label>
              <Text fz="xs" truncate>
                {user.email}
              </Text>
            </Menu.Label>
            <Menu.Item
              leftSection={<IconKeyboard size={16} />}
              closeMenuOnClick={false}
              onClick={() => setPreferences({ hasShortcuts: !hasShortcuts })}
            >
              Keyboard shortcuts: {hasShortcuts ? 'on' : 'off'}
            </Menu.Item>
            <Menu.Item
              leftSection={<IconLogout size={16} />}
              onClick={() => void session.logout()}
              data-testid="sign-out"
            >
              Sign out
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
    </header>
  )
}
