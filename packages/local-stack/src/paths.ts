import { ROOT } from '@derm/local-servers'

export const DATA = process.env['DATA_DIR'] ?? `${ROOT}/.data`
export const WEB_DIST = `${ROOT}/services/web/dist`
