import type { LoginResponse } from '@derm/contract'

/** Signs in over HTTP; `cookie`: the refresh cookie, as a client would send it back. */
export async function signIn(
  apiUrl: string,
  origin: string,
  email: string,
  password = 'dermlive',
): Promise<LoginResponse & { cookie: string }> {
  const response = await fetch(`${apiUrl}/api/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', origin },
    body: JSON.stringify({ email, password }),
  })
  if (!response.ok) throw new Error(`${email} could not sign in: ${response.status} ${await response.text()}`)
  const cookie = response.headers
    .getSetCookie()
    .map((one) => one.split(';')[0])
    .join('; ')
  return { ...((await response.json()) as LoginResponse), cookie }
}
