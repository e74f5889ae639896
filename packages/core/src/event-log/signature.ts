/** Eight characters name the secret, the others are the HMAC: base64url, 132 bit of it. */
export const KEY_ID_LENGTH = 8
export const SIGNATURE_LENGTH = KEY_ID_LENGTH + 22

/** @returns a signature of `SIGNATURE_LENGTH` characters. */
export type Sign = (text: string | Buffer) => string

export type Verify = (text: string | Buffer, signature: string) => boolean

export type Signer = { sign: Sign; verify: Verify }
