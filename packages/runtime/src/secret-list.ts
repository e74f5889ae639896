import { createHash } from 'node:crypto'
import { z } from 'zod'
import { inProduction } from './production.ts'
import { findSecretWeakness } from './weak-secret.ts'

/** A secret with the id by which what was made with it says so. */
export type KeyedSecret = { id: string; secret: string }

/** Newest first: the first one makes, all of them check. A rotation is [old] → [new, old] → [new]. */
export type SecretList = readonly [KeyedSecret, ...KeyedSecret[]]

const MIN_LENGTH = 32
/** While one is replaced there are two; a third one covers a rotation that was begun before the last had ended. */
const MAX_SECRETS = 3

/**
 * `new,old` → `[{ id, secret }, …]`. The id follows from the secret, so that no two services can call different secrets by the same name.
 * It is a hash of the secret: eight hex digits, which tell nothing of 32 random characters.
 */
export const SecretListText = inProduction(
  z
    .string()
    .transform((text) => text.split(',').map((secret) => secret.trim()))
    .superRefine((secrets, context) => {
      const fault = findListFault(secrets)
      if (fault) context.addIssue({ code: 'custom', message: fault })
    })
    .transform((secrets) => secrets.map((secret) => ({ id: idOfSecret(secret), secret })) as unknown as SecretList),
  (secrets) => secrets.map(({ secret }) => findSecretWeakness(secret)).find((weakness) => weakness !== null) ?? null,
)

/** For `parseConfig` and for tests. @throws ZodError */
export const parseSecretList = (text: string): SecretList => SecretListText.parse(text)

export function idOfSecret(secret: string): string {
  return createHash('sha256').update(`derm key id\0${secret}`).digest('hex').slice(0, 8)
}

function findListFault(secrets: readonly string[]): string | null {
  if (secrets.some((secret) => secret.length < MIN_LENGTH)) return `needs ${MIN_LENGTH} characters at least, each`
  if (secrets.length > MAX_SECRETS) return `is a list of ${MAX_SECRETS} secrets at most: new,old`
  if (new Set(secrets.map(idOfSecret)).size < secrets.length) return 'names a secret twice'
  return null
}
