import { IS_HEAD } from './head.lua.ts'

/**
 * KEYS heads, history. ARGV channel, pub/sub name, publish command, max entries, epoch, first seq, then id and bytes of each entry.
 * Answers { outcome, head, appended }. It never leaves a gap, never lowers a head, and takes "already there" for a
 * success only where the id is the same. `%.0f`: Lua would write a large seq as 1e+15.
 */
export const APPEND = `
local head = redis.call('HGET', KEYS[1], ARGV[1])
local epoch, first = ARGV[5], tonumber(ARGV[6])
local top
if head and not ${IS_HEAD} then head = false end
if head then
  local known = string.sub(head, 1, 16)
  if known > epoch then return { 'stale_epoch', head, 0 } end
  if known < epoch then return { 'new_epoch', head, 0 } end
  top = tonumber(string.sub(head, 18))
elseif first ~= 1 then
  return { 'unknown', '', 0 }
else
  redis.call('DEL', KEYS[2])
  top = 0
end
local appended, outcome = 0, 'ok'
local seq = first
for i = 7, #ARGV, 2 do
  if seq <= top then
    local id = string.format('%.0f-0', seq)
    local found = redis.call('XRANGE', KEYS[2], id, id)
    if #found == 0 then outcome = 'unverifiable' break end
    if found[1][2][2] ~= ARGV[i] then outcome = 'conflict' break end
  elseif seq > top + 1 then
    outcome = 'gap' break
  else
    redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[4], string.format('%.0f-0', seq), 'i', ARGV[i], 'b', ARGV[i + 1])
    redis.call(ARGV[3], ARGV[2], ARGV[i + 1])
    top = seq
    appended = appended + 1
  end
  seq = seq + 1
end
local now = epoch .. ':' .. string.format('%.0f', top)
if appended > 0 then redis.call('HSET', KEYS[1], ARGV[1], now) end
return { outcome, now, appended }
`
