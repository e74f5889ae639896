/** The path below which the front door shows this page: '' or `/practice`. The front door writes it into the page. */
export const BASE_PATH: string =
  globalThis.document?.querySelector<HTMLMetaElement>('meta[name="base-path"]')?.content ?? ''
