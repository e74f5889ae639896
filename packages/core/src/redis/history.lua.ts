import { READ_HEAD } from './head.lua.ts'

/** Entries of the first piece; an entry has up to 64 KiB. */
const FIRST_PIECE = 32
/** So many times the one before: a thousand entries of the usual size are four pieces. */
const GROWTH = 4

/**
 * KEYS heads, history. ARGV channel, '', epoch, after, most entries, most bytes of them, longest entry. Head and entries of one moment.
 * Answers { outcome, head, entries }; an entry is { id, { 'i', id, 'b', bytes } }. What is longer than an entry may be never leaves Redis.
 * It is read in pieces, each of about as many entries as still fit, by the size of those before: a limit of bytes that is reached early has not
 * made Redis read the rest. [SES30]
 */
export const HISTORY = `
${READ_HEAD}
if not head then return { 'unknown', '', {} } end
if epochOf(head) ~= ARGV[3] then return { 'unreachable', head, {} } end
local top, after = seqOf(head), tonumber(ARGV[4])
if top < after then return { 'lagging', head, {} } end
if top == after then return { 'complete', head, {} } end
local from = string.format('%.0f-0', after + 1)
local entries, size, most, start, piece = {}, 0, tonumber(ARGV[5]), from, ${FIRST_PIECE}
while #entries < most do
  local count = math.min(piece, most - #entries)
  local found = redis.pcall('XRANGE', KEYS[2], start, '+', 'COUNT', count)
  if found.err then
    if not string.find(found.err, 'WRONGTYPE', 1, true) then return found end
    return { 'unreachable', head, {} }
  end
  if #entries == 0 and (#found == 0 or found[1][1] ~= from) then return { 'unreachable', head, {} } end
  for i = 1, #found do
    local fields = found[i][2]
    if #fields ~= 4 or #fields[2] > 100 or #fields[4] > tonumber(ARGV[7]) then return { 'unreachable', head, {} } end
    size = size + #fields[4]
    if size > tonumber(ARGV[6]) and #entries > 0 then return { 'entries', head, entries } end
    entries[#entries + 1] = found[i]
  end
  if #found < count then break end
  start = '(' .. found[#found][1]
  local fitting = math.floor((tonumber(ARGV[6]) - size) / (size / #entries)) + 1
  piece = math.max(1, math.min(piece * ${GROWTH}, fitting))
end
return { 'entries', head, entries }
`
