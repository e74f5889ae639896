import { READ_HEAD, REPAIR } from './head.lua.ts'

/**
 * KEYS heads, history. ARGV channel, a head to disbelieve, max entries, epoch, base, whether it replaces, the head to store once all are in, then id
 * and bytes of each entry from base + 1 on. Brings back what the log lost, unpublished. Entries at or below the head are compared
 * where they still stand. A history that cannot be added to is forgotten whole: a gap, until a refill replaces it.
 */
export const REFILL = `
${READ_HEAD}
${REPAIR}
local epoch, base = ARGV[4], tonumber(ARGV[5])
local top
if head then
  if epochOf(head) > epoch then return { 'stale_epoch', head, 0 } end
  if epochOf(head) == epoch then top = seqOf(head) end
end
if ARGV[6] ~= '1' and (top or 0) < base then return { 'gap', head or '', 0 } end
if not top or top < base then
  redis.call('DEL', KEYS[2])
  top = base
end
local appended, seq = 0, base + 1
for i = 8, #ARGV, 2 do
  local id = string.format('%.0f-0', seq)
  local answer
  if seq <= top then
    answer = redis.pcall('XRANGE', KEYS[2], id, id)
    if not answer.err and #answer > 0 and answer[1][2][2] ~= ARGV[i] then
      return { 'conflict', head or '', appended, answer[1][2][4] or '' }
    end
  else
    answer = redis.pcall('XADD', KEYS[2], 'MAXLEN', '~', ARGV[3], id, 'i', ARGV[i], 'b', ARGV[i + 1])
    top = seq
    appended = appended + 1
  end
  if type(answer) == 'table' and answer.err then
    if not isForeignHistory(answer) then return answer end
    forget()
    return { 'gap', '', 0 }
  end
  seq = seq + 1
end
-- The log may be ahead of what was brought: then its head stays.
if top >= seq then return { 'ok', head, appended } end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[7])
return { 'ok', ARGV[7], appended }
`
