import type { Mutation } from './mutations.ts'
import type { RepositoryCopy } from './repository-copy.ts'

/** Leaves one thing out, runs the check that must notice, and puts it back. Answers what is wrong; `null` when the check failed by its name. */
export async function tryMutation(copy: RepositoryCopy, { edit, check, fails }: Mutation): Promise<string | null> {
  const before = await copy.read(edit.path)
  await copy.edit(edit.path, edit.find, edit.put)
  try {
    const { code, output } = await copy.run(check.command, [...check.args])
    if (code === 0) return `${check.args.join(' ')} noticed nothing`
    return fails.test(output) ? null : `${check.args.join(' ')} failed, and not by ${fails}:\n${output.slice(-3000)}`
  } finally {
    await copy.write(edit.path, before)
  }
}
