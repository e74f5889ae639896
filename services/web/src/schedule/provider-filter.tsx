import type { Provider } from '@derm/contract'
import { Button, Checkbox, Group, Popover, Stack } from '@mantine/core'
import { IconFilter } from '@tabler/icons-react'
import type { ScheduleFilter } from './schedule-filter.ts'
import classes from './toolbar.module.css'

export function ProviderFilter({
  providers,
  filter,
  onFilter,
}: {
  providers: readonly Provider[]
  filter: ScheduleFilter
  onFilter: (filter: ScheduleFilter) => void
}) {
  const count = filter.providerIds.length
  return (
    <Popover position="bottom-end" shadow="md" trapFocus returnFocus>
      <Popover.Target>
        <Button
          variant={count > 0 ? 'light' : 'default'}
          leftSection={<IconFilter size={16} />}
          data-testid="provider-filter"
        >
          <span className={classes['long']}>{count > 0 ? `Providers: ${count}` : 'All providers'}</span>
          <span className={classes['short']}>{count > 0 ? count : 'All'}</span>
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Checkbox.Group
          label="Show these providers"
          value={[...filter.providerIds]}
          onChange={(providerIds) => onFilter({ ...filter, providerIds })}
        >
          <Stack gap={8} mt="xs">
            {providers.map(({ id, displayName, specialty }) => (
              <Checkbox key={id} value={id} label={displayName} description={specialty} />
            ))}
          </Stack>
        </Checkbox.Group>
        <Group justify="flex-end" mt="sm">
          <Button
            variant="subtle"
            size="compact-sm"
            disabled={count === 0}
            onClick={() => onFilter({ ...filter, providerIds: [] })}
          >
            Show all
          </Button>
        </Group>
      </Popover.Dropdown>
    </Popover>
  )
}
