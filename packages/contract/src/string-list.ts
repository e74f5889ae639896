/** An item of a list: a string with parameters. A parameter that is neither a string nor an integer is `null`. */
export type StringItem = { value: string; parameters: Map<string, string | number | null> }

/** Each of these begins where the one before it has ended (`y`). The names are those of RFC 9651. */
const STRING = /"((?:[ !#-[\]-~]|\\["\\])*)"/y
const KEY = /; *([a-z*][a-z0-9_.*-]*)(=?)/y
const DECIMAL = /-?\d{1,12}\.\d{1,3}/y
const INTEGER = /-?\d{1,15}/y
const DISPLAY_STRING = /%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"/y
const BYTES = ':(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?:'
const OTHER = new RegExp(`[A-Za-z*][\\w:/!#$%&'*+.^\`|~-]*|\\?[01]|@-?\\d{1,15}|${BYTES}`, 'y')
const COMMA = /[ \t]*(?:,[ \t]*|$)/y

/**
 * Parses an RFC 9651 list whose members are all strings, each with any parameters. It is a subset of what the RFC knows, because
 * browsers load this too: `null` for a list that the RFC refuses, and for one with a member of another type.
 */
export function parseStringList(text: string): StringItem[] | null {
  let at = /^ */.exec(text)![0].length
  const take = (pattern: RegExp) => {
    pattern.lastIndex = at
    const match = pattern.exec(text)
    if (match) at = pattern.lastIndex
    return match
  }
  /** `undefined` for what is no value. */
  const takeValue = () => {
    let match = take(STRING)
    if (match) return unescape(match[1]!)
    if (take(DECIMAL)) return null
    if ((match = take(INTEGER))) return Number(match[0])
    if ((match = take(DISPLAY_STRING))) return isUtf8(match[1]!) ? null : undefined
    return take(OTHER) ? null : undefined
  }

  const items: StringItem[] = []
  let needsMore = false
  while (at < text.length || needsMore) {
    const match = take(STRING)
    if (!match) return null
    const parameters: StringItem['parameters'] = new Map()
    for (let key = take(KEY); key; key = take(KEY)) {
      const value = key[2] === '=' ? takeValue() : null
      if (value === undefined) return null
      parameters.set(key[1]!, value)
    }
    items.push({ value: unescape(match[1]!), parameters })
    const comma = take(COMMA)
    if (!comma) return null
    needsMore = comma[0].includes(',')
  }
  return items
}

const unescape = (text: string) => text.replace(/\\(.)/g, '$1')

function isUtf8(percentEncoded: string): boolean {
  try {
    decodeURIComponent(percentEncoded)
    return true
  } catch {
    return false
  }
}
