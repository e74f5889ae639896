import { getSeedIds } from '@derm/database'
import { waitUntil } from '@derm/local-servers'
import { connectClient } from '../connect-client.ts'
import { launchBrowser } from '../launch-browser.ts'
import { signIn } from '../sign-in.ts'
import { startStack } from '../start-stack.ts'

/** Run in the copy, where the toy exists: one changes it over HTTP, another hears of it on a socket of another node, and a third sees it on a screen. */
const DESK = 'frontdesk@lakeside.example'
const PROVIDER = 'provider@lakeside.example'
const DEVICE = 'Dermatoscope 12'
const { lakeside } = getSeedIds()
const place = lakeside.locations['downtown']!

const [stack, browser] = await Promise.all([startStack({ gateway: true }), launchBrowser()])
try {
  const api = `http://127.0.0.1:${stack.apis[0]!.port}`
  const desk = await signIn(api, stack.origin, DESK)
  const provider = await signIn(api, stack.origin, PROVIDER)
  const listener = await connectClient({
    url: `http://127.0.0.1:${stack.nodes[1]!.port}`,
    origin: stack.origin,
    token: provider.accessToken,
  })
  await listener.subscribe([{ topic: 'scheduling', location: place.id }])

  const page = await (await browser.newContext()).newPage()
  page.setDefaultTimeout(15_000)
  await page.goto(`${stack.origin}/sign-in`)
  await page.getByTestId(`account-${PROVIDER}`).click()
  await page.getByTestId('nav-equipment-loans').click()
  await page.locator('[data-testid="realtime-indicator"] [data-status="live"]').waitFor()

  const send = async (path: string, body: object, headers: Record<string, string> = {}) => {
    const response = await fetch(`${api}/api/v1${path}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${desk.accessToken}`, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    })
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`)
    return (await response.json()) as { id: string; version: number }
  }
  const body = { locationId: place.id, patientId: lakeside.patientIds[0], device: DEVICE, dueOn: '2027-06-01' }
  const { id, version } = await send('/equipment-loans', body)
  const heard = (type: string) => listener.events.some((event) => event.type === type && event.subject.id === id)
  await waitUntil(() => heard('loan:created'), { what: 'the event at the second client' })
  await page.getByTestId(`loan-${id}`).getByText(DEVICE).waitFor()

  await send(`/equipment-loans/${id}/return`, {}, { 'if-match': `"${version}"` })
  await waitUntil(() => heard('loan:returned'), { what: 'the second event at the second client' })
  await page.getByTestId(`return-${id}`).waitFor({ state: 'detached' })
  listener.socket.disconnect()
} finally {
  await browser.close()
  await stack.stop()
}
process.exit(0)
