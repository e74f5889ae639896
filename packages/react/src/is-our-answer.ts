/**
 * Whether the API has said this. What stands between may answer too: a proxy's error page, a network's sign-in page with status 200. The API
 * answers in JSON, with no body at all, or with a file; never with a page.
 */
export function isOurAnswer(response: Response): boolean {
  const type = response.headers.get('content-type') ?? ''
  if (/html/i.test(type)) return false
  return response.ok || response.status === 304 || /\bjson\b/i.test(type)
}
