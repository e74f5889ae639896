import { BUDGET, measureFirstLoad } from './first-load.ts'

/** `npm run size -w @derm/web`: prints what each page loads, and fails over the budget. */
const { signIn, schedule, chunks } = await measureFirstLoad()
const format = (bytes: number) => `${(bytes / 1000).toFixed(1)} KB`
for (const { file, bytes, page } of chunks) console.log(`${format(bytes).padStart(10)}  ${page.padEnd(9)} ${file}`)
console.log(
  `sign-in ${format(signIn)} of ${format(BUDGET.signIn)}; sign-in and schedule ${format(schedule)} of ${format(BUDGET.schedule)}, gzip`,
)
if (signIn > BUDGET.signIn || schedule > BUDGET.schedule) process.exitCode = 1
