export type TokenSource = {
  /** An access token that is good for some seconds more. */
  getToken(): Promise<string>
  /** A new access token, whatever the age of the old one. */
  refreshToken(): Promise<string>
}

/**
 * Renews a token that was refused, unless another one has taken its place already: of forty requests that are refused one after the other,
 * the first one renews. [SUB24]
 */
export function createTokenRenewal({ getToken, refreshToken }: TokenSource): (refused: string) => Promise<string> {
  let last: { refused: string; renewed: Promise<string> } | undefined

  async function renew(refused: string): Promise<string> {
    const current = await getToken()
    return current === refused ? refreshToken() : current
  }

  return (refused) => {
    if (last?.refused === refused) return last.renewed
    const own = { refused, renewed: renew(refused) }
    last = own
    own.renewed.then(
      // The same again is no renewal: the next refusal of it asks anew.
      (token) => token === refused && forget(),
      () => forget(),
    )
    const forget = () => {
      if (last === own) last = undefined
    }
    return own.renewed
  }
}
