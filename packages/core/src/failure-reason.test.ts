import { describe, expect, it } from 'vitest'
import { FAILURE_REASONS, readFailureReason } from './failure-reason.ts'

const named = (name: string, message: string, more: object = {}) => Object.assign(new Error(message), { name, ...more })

describe('[OPS33] why something failed', () => {
  it.each([
    ['MOVED 866 10.0.0.7:6379', 'MOVED'],
    ["NOPERM User derm_node has no permissions to run the 'xadd' command", 'NOPERM'],
    ["OOM command not allowed when used memory > 'maxmemory'.", 'OOM'],
    ['READONLY You can’t write against a read only replica.', 'READONLY'],
    ["ERR unknown command 'EVALSHA', with args beginning with: 'a patient'", 'ERR'],
    [
      "ERR The user executing the script can't run this command or subcommand script: 1f, on @user_script:51.",
      'NOPERM',
    ],
    ['WHATEVER is new in Redis 12', 'ERR'],
  ])('is the first word of what Redis replied, where it is known: %s', (message, reason) => {
    expect(readFailureReason(named('ReplyError', message))).toBe(reason)
  })

  it.each([
    [named('Error', 'Command timed out'), 'timeout'],
    [named('TimeoutError', 'quitting took longer than 1000 ms'), 'timeout'],
    [named('MaxRetriesPerRequestError', 'Reached the max retries per request limit'), 'connection'],
    [named('Error', 'connect ECONNREFUSED 127.0.0.1:1', { code: 'ECONNREFUSED' }), 'connection'],
    [named('Error', 'self-signed certificate', { code: 'SELF_SIGNED_CERT_IN_CHAIN' }), 'certificate'],
    [named('Error', 'Connection is closed.'), 'closed'],
    [named('Error', 'Connection terminated unexpectedly'), 'closed'],
    [named('error', 'duplicate key value (email)=(a@b.c)', { code: '23505' }), 'postgres'],
    [named('Error', 'Too many Cluster redirections. Last error: ReplyError: MOVED 1 a:1'), 'MOVED'],
    [new Error('Ann Lee', { cause: named('ReplyError', 'OOM x') }), 'OOM'],
    [named('Error', 'Ann Lee'), 'other'],
    ['Ann Lee', 'other'],
  ])('is a word of a closed list, whatever was thrown: %s', (error, reason) => {
    expect(readFailureReason(error)).toBe(reason)
    expect(FAILURE_REASONS).toContain(reason)
  })
})
