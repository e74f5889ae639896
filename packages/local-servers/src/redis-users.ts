import { randomBytes } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { ROOT } from './root.ts'

export const REDIS_USERS = ['derm_admin', 'derm_node', 'derm_relay', 'derm_api'] as const
export type RedisUser = (typeof REDIS_USERS)[number]

/** The users of one server, and how each of them reaches it. */
export type RedisUsers = {
  /** What the server reads them from. */
  aclFile: string
  urlOf(user: RedisUser, url: string): string
}

const RULES = join(ROOT, 'infra/redis/users.acl')

/** Makes passwords, once, and writes the rules with them into a folder, with mode 600. */
export async function readRedisUsers(folder: string): Promise<RedisUsers> {
  await mkdir(folder, { recursive: true })
  const passwordsFile = join(folder, 'redis-passwords.json')
  const known = existsSync(passwordsFile)
    ? (JSON.parse(await readFile(passwordsFile, 'utf8')) as Partial<Record<RedisUser, string>>)
    : {}
  const passwords = Object.fromEntries(
    REDIS_USERS.map((user) => [user, known[user] ?? randomBytes(24).toString('base64url')]),
  ) as Record<RedisUser, string>
  await writeWhole(passwordsFile, JSON.stringify(passwords))
  const aclFile = join(folder, 'redis-users.acl')
  await writeWhole(aclFile, toAclFile(await readFile(RULES, 'utf8'), passwords))
  return {
    aclFile,
    urlOf(user, url) {
      // A url of several hosts is none to `URL`. The passwords need no encoding.
      return url.replace(/^([a-z-]+:\/\/)(?:[^@/]*@)?/, `$1${user}:${passwords[user]}@`)
    },
  }
}

/** What a server of ours needs to follow another one, and a Sentinel to watch it. */
export const passwordOf = (users: Pick<RedisUsers, 'urlOf'>, user: RedisUser): string =>
  new URL(users.urlOf(user, 'redis://127.0.0.1')).password

/** The server takes one line for each user, and no comments. @throws when a user of ours has no rules. */
export function toAclFile(rules: string, passwords: Record<RedisUser, string>): string {
  const lines = rules
    .replace(/^#.*\n/gm, '')
    .replace(/\n +/g, ' ')
    .split('\n')
    .filter((line) => line !== '')
  for (const user of REDIS_USERS)
    if (!lines.some((line) => line.startsWith(`user ${user} `))) throw new Error(`${RULES} has no rules for ${user}`)
  return lines
    .map((line) => line.replace('>PASSWORD', `>${passwords[line.split(' ')[1] as RedisUser]}`))
    .join('\n')
    .concat('\n')
}

async function writeWhole(file: string, text: string): Promise<void> {
  const unfinished = `${file}.${process.pid}`
  await writeFile(unfinished, text, { mode: 0o600 })
  await rename(unfinished, file)
}
