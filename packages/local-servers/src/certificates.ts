import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { aptInstall, canInstall, findProgram, run } from './program.ts'

/** Paths of PEM files. */
export type Certificates = {
  /** Of the private authority that signed both. */
  ca: string
  server: { cert: string; key: string }
  client: { cert: string; key: string }
}

const ADVICE = 'No openssl to make certificates for the tests with TLS: install it (Debian: apt-get install openssl).'

/** A private authority, and a certificate of it for a server on the loopback address and for a client of its. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  await mkdir(folder, { recursive: true })
  const openssl = await findOpenssl()
  const at = (name: string) => join(folder, name)
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2']
  const authority = ['-keyout', at('ca.key'), '-out', at('ca.pem'), '-subj', '/CN=a private authority']
  await run(openssl, ['req', '-x509', ...newKey, ...authority])
  const sign = async (name: 'server' | 'client') => {
    const [key, request, cert] = [at(`${name}.key`), at(`${name}.csr`), at(`${name}.pem`)]
    await run(openssl, ['req', ...newKey.slice(0, 5), '-keyout', key, '-out', request, '-subj', `/CN=${name}`])
    await writeFile(at('names'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\n')
    const by = ['-CA', at('ca.pem'), '-CAkey', at('ca.key'), '-CAcreateserial', '-days', '2', '-extfile', at('names')]
    await run(openssl, ['x509', '-req', '-in', request, '-out', cert, ...by])
    return { cert, key }
  }
  return { ca: at('ca.pem'), server: await sign('server'), client: await sign('client') }
}

async function findOpenssl(): Promise<string> {
  const found = findProgram('openssl')
  if (found) return found
  if (canInstall()) await aptInstall('openssl').catch(() => {})
  const installed = findProgram('openssl')
  if (!installed) throw new Error(ADVICE)
  return installed
}
