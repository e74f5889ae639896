/**
 * The accounts that the seed makes, for one click. Only in a demo build (`VITE_DEMO=true`, which `npm start` sets): a build that nobody
 * asked to be one shows no accounts. The password is the seed's, and worth nothing elsewhere.
 */
export const IS_DEMO: boolean = import.meta.env['VITE_DEMO'] === 'true'
export const DEMO_PASSWORD = 'dermlive'

type DemoAccount = { email: string; label: string; places: string }
export type DemoTenant = { name: string; accounts: DemoAccount[] }

export const DEMO_TENANTS: readonly DemoTenant[] = [
  describeTenant('Lakeside Dermatology', 'lakeside', 'Downtown', 'North'),
  describeTenant('Summit Skin Clinic', 'summit', 'Denver', 'Boulder'),
]

function describeTenant(name: string, domain: string, first: string, second: string): DemoTenant {
  const account = (mailbox: string, label: string, places: string): DemoAccount => ({
    email: `${mailbox}@${domain}.example`,
    label,
    places,
  })
  return {
    name,
    accounts: [
      account('frontdesk', 'Front desk', first),
      account('frontdesk.north', 'Front desk', second),
      account('provider', 'Provider', `${first} and ${second}`),
      account('ma', 'Medical assistant', first),
      account('owner', 'Owner', 'all locations'),
      account('biller', 'Biller', 'all locations, reads only'),
    ],
  }
}
