import { createHmac, createPublicKey, generateKeyPairSync, randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import jwt from 'jsonwebtoken'
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest'
import type { SessionId, TenantId, UserId } from '@derm/contract'
import {
  createJwksSource,
  createKeyRing,
  createTokenIssuer,
  createTokenVerifier,
  generateSigningKey,
  type KeyRing,
} from './index.ts'

const issuer = 'https://issuer.example'
const audience = 'dermlive'
const claims = { sub: randomUUID() as UserId, tid: randomUUID() as TenantId, sid: randomUUID() as SessionId, av: 3 }
let folder: string
let file: string
let time: number
const now = () => time
const writeKeys = (active: string, ...keys: object[]) => writeFileSync(file, JSON.stringify({ active, keys }))

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keys-'))
  file = join(folder, 'keys.json')
  time = Date.now()
})
afterEach(() => rmSync(folder, { recursive: true }))

describe.each(['ES256', 'RS256'] as const)('a token signed with %s', (alg) => {
  const key = generateSigningKey(alg)
  const payload = () => ({
    ...claims,
    iss: issuer,
    aud: audience,
    iat: Math.floor(time / 1000),
    exp: Math.floor(time / 1000) + 600,
  })
  const sign = (body: object, options: jwt.SignOptions = {}) =>
    jwt.sign(body, key.privateKeyPem, { algorithm: alg, keyid: key.kid, ...options })
  let keys: KeyRing
  const verify = (token: string) => createTokenVerifier({ keys, issuer, audience, now }).verify(token)
  const invalid = { code: 'token_invalid' }

  beforeEach(() => {
    writeKeys(key.kid, key)
    keys = createKeyRing(file, { now })
  })

  it('is verified, with its claims', async () => {
    const { accessToken, expiresIn } = createTokenIssuer({ keyRing: keys, issuer, audience, now }).issue(claims)
    expect(expiresIn).toBe(600)
    expect(await verify(accessToken)).toMatchObject(claims)
  })

  it('ends at its expiry', async () => {
    const { accessToken } = createTokenIssuer({ keyRing: keys, issuer, audience, now, lifetime: 60 }).issue(claims)
    time += 61_000
    await expect(verify(accessToken)).rejects.toMatchObject({ code: 'token_expired' })
  })

  it('[SEC] alg none is refused', async () => {
    const text = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
    await expect(verify(`${text({ alg: 'none', kid: key.kid })}.${text(payload())}.`)).rejects.toMatchObject(invalid)
  })

  it('[SEC] an HMAC made with the public key is refused, in every form of the key', async () => {
    const publicKey = createPublicKey(key.privateKeyPem)
    const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString()
    for (const secret of [pem, pem.replace(/-----[^-]+-----|\n/g, ''), JSON.stringify(keys.publicJwks().keys[0])]) {
      const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'JWT', kid: key.kid })).toString('base64url')
      const body = Buffer.from(JSON.stringify(payload())).toString('base64url')
      const mac = createHmac('sha256', secret).update(`${head}.${body}`).digest('base64url')
      await expect(verify(`${head}.${body}.${mac}`)).rejects.toMatchObject(invalid)
    }
  })

  it.each(['exp', 'iat', 'aud', 'iss', 'sub', 'tid', 'sid', 'av'])('[SEC] one without %s is refused', async (claim) => {
    const body: Record<string, unknown> = payload()
    expect(await verify(sign(body))).toMatchObject(claims)
    delete body[claim]
    await expect(verify(sign(body, { noTimestamp: claim === 'iat' }))).rejects.toMatchObject(invalid)
  })

  it('[SEC] refused: no kid, a foreign kid, another audience or issuer, another signature, a life over ten minutes, no text', async () => {
    const body = payload()
    await expect(verify(jwt.sign(body, key.privateKeyPem, { algorithm: alg }))).rejects.toMatchObject(invalid)
    await expect(verify(sign(body, { keyid: 'other' }))).rejects.toMatchObject(invalid)
    await expect(verify(sign({ ...body, aud: 'other' }))).rejects.toMatchObject(invalid)
    await expect(verify(sign({ ...body, iss: 'other' }))).rejects.toMatchObject(invalid)
    await expect(verify(sign({ ...body, exp: body.exp + 1 }))).rejects.toMatchObject(invalid)
    await expect(verify(sign({ ...body, iat: body.iat + 3600, exp: body.exp + 3600 }))).rejects.toMatchObject(invalid)
    const forged = jwt.sign(body, generateSigningKey(alg).privateKeyPem, { algorithm: alg, keyid: key.kid })
    await expect(verify(forged)).rejects.toMatchObject(invalid)
    for (const text of ['', 'a.b.c', '.', 'x'.repeat(10_000)]) await expect(verify(text)).rejects.toMatchObject(invalid)
  })

  it('[SEC] an RSA key of fewer than 3,072 bit, or a curve that is not P-256, is refused when it is loaded', () => {
    const weak = generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey
    const curve = generateKeyPairSync('ec', { namedCurve: 'secp256k1' }).privateKey
    for (const [alg, key] of [['RS256', weak] as const, ['ES256', curve] as const]) {
      writeKeys('weak', { kid: 'weak', alg, privateKeyPem: key.export({ type: 'pkcs8', format: 'pem' }) })
      expect(() => createKeyRing(file)).toThrow('is no key for')
    }
  })

  it('[SEC] a key of the other kind is refused when it is loaded', () => {
    writeKeys(key.kid, { ...key, alg: alg === 'ES256' ? 'RS256' : 'ES256' })
    expect(() => createKeyRing(file)).toThrow('is no key for')
  })
})

describe('key rotation', () => {
  const [first, second] = [generateSigningKey('ES256'), generateSigningKey('RS256')] as const

  it('[OPS2] needs no restart: the retired key still verifies, the new one signs, a removed one is refused within 15 s', async () => {
    writeKeys(first.kid, first)
    const keyRing = createKeyRing(file, { now })
    const { publicJwks } = keyRing
    const [url, requests] = await serve(() => publicJwks())
    const issue = createTokenIssuer({ keyRing, issuer, audience, now }).issue
    const source = createJwksSource({ urls: [url], now })
    const verifier = createTokenVerifier({ keys: source, issuer, audience, now })
    const old = issue(claims).accessToken
    await verifier.verify(old)
    await verifier.verify(old)
    expect(requests()).toBe(1)

    writeKeys(second.kid, first, second)
    time += 2_000
    const fresh = issue(claims).accessToken
    expect(jwt.decode(fresh, { complete: true })?.header).toMatchObject({ kid: second.kid, alg: 'RS256' })
    await Promise.all([verifier.verify(fresh), verifier.verify(fresh), verifier.verify(old)])
    expect(requests()).toBe(2)

    writeKeys(second.kid, second)
    time += 15_000
    await expect(verifier.verify(old)).rejects.toMatchObject({ code: 'token_invalid' })
    await verifier.verify(fresh)
    expect([source.has(first.kid), source.has(second.kid)]).toEqual([false, true])
  })

  it('an unknown kid asks for the keys again, but not more often than once a second', async () => {
    writeKeys(first.kid, first)
    const keyRing = createKeyRing(file, { now })
    const [url, requests] = await serve(() => keyRing.publicJwks())
    const verifier = createTokenVerifier({ keys: createJwksSource({ urls: [url], now }), issuer, audience, now })
    await verifier.verify(createTokenIssuer({ keyRing, issuer, audience, now }).issue(claims).accessToken)
    const forged = jwt.sign({}, second.privateKeyPem, { algorithm: 'RS256', keyid: 'forged' })
    for (let i = 0; i < 20; i++) await expect(verifier.verify(forged)).rejects.toMatchObject({ code: 'token_invalid' })
    expect(requests()).toBe(1)
    time += 1_000
    await expect(verifier.verify(forged)).rejects.toMatchObject({ code: 'token_invalid' })
    expect(requests()).toBe(2)
  })

  it('a key set that is away leaves the known keys in force, and without any says unavailable', async () => {
    writeKeys(first.kid, first)
    const keyRing = createKeyRing(file, { now })
    const token = createTokenIssuer({ keyRing, issuer, audience, now }).issue(claims).accessToken
    let isUp = true
    const [url] = await serve(() => {
      if (!isUp) throw new Error('away')
      return keyRing.publicJwks()
    })
    const verifier = createTokenVerifier({
      keys: createJwksSource({ urls: ['http://127.0.0.1:1/nothing', url], now }),
      issuer,
      audience,
      now,
    })
    await verifier.verify(token)
    isUp = false
    time += 400_000
    await verifier.verify(token)
    const stranger = createTokenVerifier({ keys: createJwksSource({ urls: [url], now }), issuer, audience, now })
    await expect(stranger.verify(token)).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('[SEC] a key set that sends elsewhere is not followed', async () => {
    writeKeys(first.kid, first)
    const keyRing = createKeyRing(file, { now })
    const [elsewhere, requests] = await serve(() => keyRing.publicJwks())
    const server = createServer((_, response) => response.writeHead(302, { location: elsewhere }).end())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(() => void server.close())
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
    const verifier = createTokenVerifier({ keys: createJwksSource({ urls: [url], now }), issuer, audience, now })
    const token = createTokenIssuer({ keyRing, issuer, audience, now }).issue(claims).accessToken
    await expect(verifier.verify(token)).rejects.toMatchObject({ code: 'unavailable' })
    expect(requests()).toBe(0)
  })

  it('a broken file changes nothing and is reported, without its content', () => {
    writeKeys(first.kid, first)
    const faults: unknown[] = []
    const keyRing = createKeyRing(file, { now, onFault: (error) => faults.push(error) })
    writeFileSync(file, `${first.privateKeyPem} is not JSON`)
    time += 1_000
    expect(keyRing.active().kid).toBe(first.kid)
    expect(String(faults[0])).toContain('not JSON')
    expect(String(faults[0])).not.toContain('PRIVATE')
  })

  it('never publishes a private part', () => {
    writeKeys(first.kid, first, second)
    for (const jwk of createKeyRing(file).publicJwks().keys) expect(Object.keys(jwk)).not.toContain('d')
  })
})

async function serve(answer: () => object): Promise<[url: string, requests: () => number]> {
  let requests = 0
  const server: Server = createServer((_, response) => {
    requests++
    try {
      response.end(JSON.stringify(answer()))
    } catch {
      response.writeHead(503).end()
    }
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return [`http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`, () => requests]
}
