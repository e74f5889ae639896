import type { ConnectionList } from '@derm/contract'
import classes from './connections-screen.module.css'

/** The servers that answered, with the practice's connections on each. */
export function NodeList({ nodes }: Pick<ConnectionList, 'nodes'>) {
  return (
    <ul className={classes['nodes']} aria-label="Servers">
      {nodes.map(({ name, protocol, connections }) => (
        <li key={name} className={classes['node']} data-testid={`node-${name}`}>
          <b>{name}</b>
          <span>
            {connections} {connections === 1 ? 'connection' : 'connections'}
          </span>
          <span className={classes['quiet']}>protocol {protocol}</span>
        </li>
      ))}
    </ul>
  )
}
