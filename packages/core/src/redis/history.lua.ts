import { READ_HEAD } from './head.lua.ts'

/**
 * KEYS heads, history. ARGV channel, '', epoch, after, most entries, most bytes of them, longest entry. Head and entries of one moment.
 * Answers { outcome, head, entries }; an entry is { id, { 'i', id, 'b', bytes } }. What is longer than an entry may be never leaves Redis.
 */
export const HISTORY = `
${READ_HEAD}
if not head then return { 'unknown', '', {} } end
if epochOf(head) ~= ARGV[3] then return { 'unreachable', head, {} } end
local top, after = seqOf(head), tonumber(ARGV[4])
if top < after then return { 'lagging', head, {} } end
if top == after then return { 'complete', head, {} } end
local from = string.format('%.0f-0', after + 1)
local found = redis.pcall('XRANGE', KEYS[2], from, '+', 'COUNT', ARGV[5])
if found.err then
  if not string.find(found.err, 'WRONGTYPE', 1, true) then return found end
  return { 'unreachable', head, {} }
end
if #found == 0 or found[1][1] ~= from then return { 'unreachable', head, {} } end
local entries, size = {}, 0
for i = 1, #found do
  local fields = found[i][2]
  if #fields ~= 4 or #fields[2] > 100 or #fields[4] > tonumber(ARGV[7]) then return { 'unreachable', head, {} } end
  size = size + #fields[4]
  if size > tonumber(ARGV[6]) and i > 1 then break end
  entries[i] = found[i]
end
return { 'entries', head, entries }
`
