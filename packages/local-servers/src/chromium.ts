import { aptInstall, canInstall, findProgram } from './program.ts'

const ADVICE =
  'No Chromium for the browser tests: install chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH.'

/** CHROMIUM_PATH, else one in PATH, else Debian's where that can be installed. */
export async function findChromium(): Promise<string> {
  const find = () =>
    process.env['CHROMIUM_PATH'] ?? findProgram('chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome')
  const found = find()
  if (found) return found
  if (!canInstall()) throw new Error(ADVICE)
  await aptInstall('chromium').catch(() => {
    throw new Error(ADVICE)
  })
  const installed = find()
  if (!installed) throw new Error(ADVICE)
  return installed
}
