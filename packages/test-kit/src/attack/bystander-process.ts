import { measureBystander, type BystanderOptions } from './bystander.ts'

/** The bystander as a process of its own: in the attacker's event loop its times would hold what the attacker does there. */
export type BystanderQuestion = 'report' | 'stop'

const bystander = await measureBystander(JSON.parse(process.env['BYSTANDER']!) as BystanderOptions)
process.on('message', (question: BystanderQuestion) => {
  if (question === 'report') process.send!(bystander.takeReport())
  else void bystander.stop().then((faults) => process.send!(faults))
})
process.on('disconnect', () => process.exit(0))
process.send!('ready')
