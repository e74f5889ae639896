import { ROOT } from '@derm/servers'

export const DATA = process.env['DATA_DIR'] ?? `${ROOT}/.data`
export const WEB_DIST = `${ROOT}/services/web/dist`
