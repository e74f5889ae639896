import { IS_HEAD } from './head.lua.ts'

/**
 * KEYS heads, history. ARGV channel, max entries, epoch, base, whether it replaces, then id and bytes of each entry from base + 1 on.
 * Brings back what the log lost, unpublished. Entries at or below the head are compared where they still stand.
 */
export const REFILL = `
local head = redis.call('HGET', KEYS[1], ARGV[1])
local epoch, base = ARGV[3], tonumber(ARGV[4])
local top
if head and not ${IS_HEAD} then head = false end
if head then
  local known = string.sub(head, 1, 16)
  if known > epoch then return { 'stale_epoch', head, 0 } end
  if known == epoch then top = tonumber(string.sub(head, 18)) end
end
if ARGV[5] ~= '1' and (top or 0) < base then return { 'gap', head or '', 0 } end
if not top or top < base then
  redis.call('DEL', KEYS[2])
  top = base
end
local appended = 0
local seq = base + 1
for i = 6, #ARGV, 2 do
  local id = string.format('%.0f-0', seq)
  if seq <= top then
    local found = redis.call('XRANGE', KEYS[2], id, id)
    if #found > 0 and found[1][2][2] ~= ARGV[i] then
      return { 'conflict', epoch .. ':' .. string.format('%.0f', top), appended }
    end
  else
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[2], id, 'i', ARGV[i], 'b', ARGV[i + 1])
    top = seq
    appended = appended + 1
  end
  seq = seq + 1
end
local now = epoch .. ':' .. string.format('%.0f', top)
redis.call('HSET', KEYS[1], ARGV[1], now)
return { 'ok', now, appended }
`
