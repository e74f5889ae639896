import { fileURLToPath } from 'node:url'

/** The project's folder. */
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url)).replace(/\/$/, '')
export const DATA = process.env['DATA_DIR'] ?? `${ROOT}/.data`
export const WEB_DIST = `${ROOT}/services/web/dist`
