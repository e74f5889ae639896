import { READ_HEAD, REPAIR } from './head.lua.ts'

/**
 * KEYS heads, history. ARGV channel, a head to disbelieve, pub/sub name, publish command, max entries, epoch, first seq, the head to store once all
 * are in, then id and bytes of each entry. Answers { outcome, head, appended, what stands at the seq of a conflict }.
 * It never leaves a gap, never lowers a head, and takes "already there" for a success only where the id is the same. It appends all
 * or none: what is refused is refused before the first. `%.0f`: Lua would write a large seq as 1e+15.
 */
export const APPEND = `
${READ_HEAD}
${REPAIR}
local epoch, first = ARGV[6], tonumber(ARGV[7])
local top
if head then
  if epochOf(head) > epoch then return { 'stale_epoch', head, 0 } end
  if epochOf(head) < epoch then return { 'new_epoch', head, 0 } end
  top = seqOf(head)
elseif first ~= 1 then
  return { 'unknown', '', 0 }
else
  redis.call('DEL', KEYS[2])
  top = 0
end
if first > top + 1 then return { 'gap', head or '', 0 } end
local appended, seq = 0, first
for i = 9, #ARGV, 2 do
  local id = string.format('%.0f-0', seq)
  if seq <= top then
    local found = redis.pcall('XRANGE', KEYS[2], id, id)
    if found.err then
      if not isForeignHistory(found) then return found end
      forget()
      return { 'unknown', '', 0 }
    end
    if #found == 0 then return { 'unverifiable', head, 0 } end
    if found[1][2][2] ~= ARGV[i] then return { 'conflict', head, 0, found[1][2][4] or '' } end
  else
    local added = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[5], id, 'i', ARGV[i], 'b', ARGV[i + 1])
    if type(added) == 'table' and added.err then
      if not isForeignHistory(added) then return added end
      forget()
      return { 'unknown', '', 0 }
    end
    redis.call(ARGV[4], ARGV[3], ARGV[i + 1])
    appended = appended + 1
  end
  seq = seq + 1
end
if appended == 0 then return { 'ok', head, 0 } end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[8])
return { 'ok', ARGV[8], appended }
`
