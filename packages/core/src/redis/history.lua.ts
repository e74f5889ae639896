import { IS_HEAD } from './head.lua.ts'

/**
 * KEYS heads, history. ARGV channel, epoch, after, most entries. Head and entries of one moment.
 * Answers { outcome, head, entries }; an entry is { id, { 'i', id, 'b', bytes } }.
 */
export const HISTORY = `
local head = redis.call('HGET', KEYS[1], ARGV[1])
if not head or not ${IS_HEAD} then return { 'unknown', '', {} } end
if string.sub(head, 1, 16) ~= ARGV[2] then return { 'unreachable', head, {} } end
local top, after = tonumber(string.sub(head, 18)), tonumber(ARGV[3])
if top < after then return { 'lagging', head, {} } end
if top == after then return { 'complete', head, {} } end
local from = string.format('%.0f-0', after + 1)
local entries = redis.call('XRANGE', KEYS[2], from, '+', 'COUNT', ARGV[4])
if #entries == 0 or entries[1][1] ~= from then return { 'unreachable', head, {} } end
return { 'entries', head, entries }
`
