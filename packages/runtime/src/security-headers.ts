/** Features of a browser that nothing of ours uses. Only those that Chromium knows: it warns of others on every page. */
const UNUSED = [
  ...['accelerometer', 'autoplay', 'browsing-topics', 'camera', 'display-capture', 'encrypted-media'],
  ...['fullscreen', 'geolocation', 'gyroscope', 'hid', 'idle-detection', 'local-fonts', 'magnetometer', 'microphone'],
  ...['midi', 'payment', 'picture-in-picture', 'screen-wake-lock', 'serial', 'usb', 'xr-spatial-tracking'],
]

/** On every answer of every server, refusals and files included. A server adds its Content-Security-Policy. [OPS5] */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'permissions-policy': UNUSED.map((feature) => `${feature}=()`).join(', '),
  'cross-origin-opener-policy': 'same-origin',
}

/** What has no page of its own may load nothing and be shown in nothing. */
export const NO_CONTENT_POLICY = "default-src 'none'; frame-ancestors 'none'"

/** Only over https: a year, also for the subdomains. */
export const STRICT_TRANSPORT = { 'strict-transport-security': 'max-age=31536000; includeSubDomains' }
