/**
 * Resolves what is asked for below the API's own url, whose path is a prefix: below `https://app.example/derm`, `/api/v1/me` is
 * `https://app.example/derm/api/v1/me`.
 *
 * @throws for any other origin: the user's token goes to the API and nowhere else. [SUB23]
 */
export function createApiUrl(apiUrl: string): (input: string) => URL {
  const base = new URL(apiUrl)
  const prefix = base.pathname.replace(/\/+$/, '')
  const root = new URL(`${prefix}/`, base)
  const isOurs = (url: URL) => url.protocol === base.protocol && url.host === base.host
  return (input) => {
    // The parser's word counts, not the text's: it takes `\` for `/`, and leaves tabs and line ends out.
    const asked = new URL(input, root)
    if (!isOurs(asked)) throw new TypeError(`The token is for ${base.origin} only`)
    if (!/^[\\/]/.test(input.trimStart())) return asked
    // Put together, not resolved again: a path may begin with `//`, which would name another host.
    const url = new URL(base)
    url.pathname = `${prefix}${asked.pathname}`
    url.search = asked.search
    return url
  }
}
