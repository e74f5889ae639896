import { findChromium } from '@derm/local-servers'
import { chromium, type Browser } from 'playwright-core'

/** The real Chromium, as far as a test machine's network allows: nothing in it calls home. */
export async function launchBrowser(): Promise<Browser> {
  return chromium.launch({
    executablePath: await findChromium(),
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  })
}
