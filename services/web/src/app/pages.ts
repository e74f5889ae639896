import { SCREENS } from './screens.ts'

/**
 * Every path that the router has a page for, in the router's notation. The build writes it to `pages.json`, from which the
 * front door knows which paths to answer with 200. `router.test.ts` compares it with the router.
 */
export const PAGES: readonly string[] = [
  '/',
  '/sign-in',
  ...SCREENS.flatMap(({ path, pages = [] }) => [path, ...pages.map((page) => `${path}${page.path}`)]),
]
