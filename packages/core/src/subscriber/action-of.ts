import { ERRORS, isErrorCode, type ClientAction } from '@derm/contract'

/** What a client does about a refusal: as its code's row says. A code of a later catalogue, or none, is worth another try. [SUB20] */
export function actionOf(code: unknown): ClientAction {
  return isErrorCode(code) ? ERRORS[code].client : 'backoff'
}
