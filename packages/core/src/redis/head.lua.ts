/**
 * An `<epoch>:<seq>`: at most 16 digits of seq, and an epoch of before the year 2527, so that the next one can be greater. Whatever else
 * stands there is somebody else's, and as good as nothing, to readers and scripts alike: what one of them knew and the other did not would
 * start new epochs for ever. [HIS6]
 */
export const HEAD = /^0[0-9a-f]{15}:\d{1,16}$/

/** The same of Lua's `head`. */
export const IS_HEAD = `(#head <= 33 and string.find(head, '^0${'[0-9a-f]'.repeat(15)}:%d+$'))`
