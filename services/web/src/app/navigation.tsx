import { Menu, UnstyledButton } from '@mantine/core'
import { IconChevronDown } from '@tabler/icons-react'
import { Link, useLocation } from '@tanstack/react-router'
import classes from './navigation.module.css'
import type { Screen } from './screens.ts'
import { screenAt } from './screens-for.ts'

type Props = {
  screens: readonly Screen[]
  /** What a screen's url is to say. */
  searchOf: (path: string) => Record<string, unknown>
}

/** The screens as a rail at the side, where there is room for one. */
export function NavigationRail({ screens, searchOf }: Props) {
  if (screens.length === 0) return null
  return (
    <nav className={classes['rail']} aria-label="Screens" data-testid="navigation">
      <ul>
        {screens.map(({ path, label, icon: ScreenIcon }) => (
          <li key={path}>
            <Link
              to={path}
              search={searchOf(path)}
              activeOptions={{ includeSearch: false }}
              preload="intent"
              className={classes['link']}
              data-testid={`nav-${path.slice(1)}`}
            >
              <ScreenIcon size={22} stroke={1.7} aria-hidden="true" />
              {label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  )
}

/** The screens as a menu that is named by the open one, on narrow windows. */
export function NavigationMenu({ screens, searchOf }: Props) {
  const current = useLocation({ select: ({ pathname }) => screenAt(pathname) })
  if (screens.length === 0) return null
  return (
    <nav className={classes['menu']} aria-label="Screens">
      <Menu withInitialFocusPlaceholder={false} withinPortal={false} position="bottom-start" width={220} shadow="md">
        <Menu.Target>
          <UnstyledButton className={classes['menuButton']} data-testid="navigation-menu">
            <span className="visually-hidden">Screens, now: </span>
            {current?.label ?? 'Screens'}
            <IconChevronDown size={15} aria-hidden="true" />
          </UnstyledButton>
        </Menu.Target>
        <Menu.Dropdown>
          {screens.map(({ path, label, icon: ScreenIcon }) => (
            <Menu.Item
              key={path}
              leftSection={<ScreenIcon size={18} aria-hidden="true" />}
              className={classes['menuItem']}
              data-testid={`menu-${path.slice(1)}`}
              renderRoot={(props) => (
                <Link to={path} search={searchOf(path)} activeOptions={{ includeSearch: false }} {...props} />
              )}
            >
              {label}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </nav>
  )
}
