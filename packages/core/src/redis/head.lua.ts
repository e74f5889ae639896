import { SIGNATURE_LENGTH } from '../event-log/signature.ts'

/**
 * A stored head: `<epoch>:<seq>:<signature>`. The scripts know its form and no more; whether it is ours is for the process to say that has
 * the keys. What has another form is as good as nothing, to readers and scripts alike. [HIS6]
 */
export const HEAD = new RegExp(`^(0[0-9a-f]{15}):(\\d{1,16}):([\\w-]{${SIGNATURE_LENGTH}})$`)

/** The longest that a head may be. */
export const MAX_HEAD_LENGTH = 16 + 1 + 16 + 1 + SIGNATURE_LENGTH

const hex = '[0-9a-f]'.repeat(15)
const signature = '[%w_-]'.repeat(SIGNATURE_LENGTH)
const IS_HEAD = `(#head <= ${MAX_HEAD_LENGTH} and string.find(head, '^0${hex}:%d+:${signature}$'))`

/**
 * Lua: `head` of KEYS[1] and ARGV[1], or false; a key of another type has none. `ARGV[2]`: the text of a head that the caller has seen and
 * that is not ours: it is none either.
 */
export const READ_HEAD = `
local head = redis.pcall('HGET', KEYS[1], ARGV[1])
local isForeignKey = type(head) == 'table'
if isForeignKey then
  if not string.find(head.err, 'WRONGTYPE', 1, true) then return head end
  head = false
end
if head and (not ${IS_HEAD} or head == ARGV[2]) then head = false end
local function epochOf(text) return string.sub(text, 1, 16) end
local function seqOf(text) return tonumber(string.match(text, ':(%d+):')) end
`

/**
 * Lua, for what writes: takes a heads key of another type away, and says what to do about a history that somebody else has written to, so that
 * nothing can be added: \`begin again\`. Every other error is the server's.
 */
export const REPAIR = `
if isForeignKey then redis.call('DEL', KEYS[1]) end
local function isForeignHistory(answer)
  local text = type(answer) == 'table' and answer.err
  return text and (string.find(text, 'WRONGTYPE', 1, true) or string.find(text, 'equal or smaller', 1, true)
    or string.find(text, 'exhausted', 1, true))
end
local function forget()
  redis.call('DEL', KEYS[2])
  redis.call('HDEL', KEYS[1], ARGV[1])
end
`
