/**
 * A Prisma filter for keys (byte order) that begin with `prefix`. Not `startsWith`: that is LIKE, which Postgres may not
 * answer from an index under row-level security, because it could leak what the policy hides; comparisons it may.
 */
export function toPrefixRange(prefix: string): { gte: string; lt: string } {
  return { gte: prefix, lt: `${prefix}\u{10ffff}` }
}
