import { MAX_HEAD_LENGTH } from './head.lua.ts'

/** KEYS heads. ARGV channels. Their stored heads, or nil; what is longer than a head may be never leaves Redis, and a key of another type has none. */
export const HEADS = `
local heads = redis.pcall('HMGET', KEYS[1], unpack(ARGV))
if heads.err then
  if not string.find(heads.err, 'WRONGTYPE', 1, true) then return heads end
  return {}
end
for i = 1, #heads do
  if heads[i] and #heads[i] > ${MAX_HEAD_LENGTH} then heads[i] = false end
end
return heads
`
