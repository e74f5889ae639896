import { createTheme, type CSSVariablesResolver, type MantineColorsTuple } from '@mantine/core'

/** The practice's green-blue: calm beside the status colours, and 5:1 or more on white in the shades that carry text. */
const pine: MantineColorsTuple = [
  '#eaf6f5',
  '#d5e9e8',
  '#a9d3d1',
  '#7abbb9',
  '#4fa3a1',
  '#2e8a8a',
  '#177478',
  '#0d5c63',
  '#0a4a51',
  '#073a40',
]
/** Neutrals with a little of the same blue in them. */
const gray: MantineColorsTuple = [
  '#f6f8f9',
  '#eef2f4',
  '#e1e7ea',
  '#cdd6da',
  '#aab7bd',
  '#7f8f97',
  '#5c6c75',
  '#43525a',
  '#2c3940',
  '#1a2429',
]
const dark: MantineColorsTuple = [
  '#d7dfe2',
  '#b4c0c5',
  '#93a2a9',
  '#6d7d85',
  '#45545b',
  '#34424a',
  '#253138',
  '#1a2429',
  '#141c20',
  '#0e1417',
]

/** A dialog's heading is a `<header>`: without this, a second banner of the page. */
const NO_BANNER = { header: { role: 'presentation' } }

export const theme = createTheme({
  primaryColor: 'pine',
  primaryShade: { light: 7, dark: 6 },
  autoContrast: true,
  luminanceThreshold: 0.25,
  colors: { pine, gray, dark },
  white: '#ffffff',
  black: '#16201f',
  fontFamily:
    "'Segoe UI Variable Text', 'Segoe UI', -apple-system, BlinkMacSystemFont, 'Helvetica Neue', 'Noto Sans', 'Liberation Sans', Arial, sans-serif",
  fontSizes: {
    xs: '0.75rem',
    sm: '0.8125rem',
    md: '0.875rem',
    lg: '1rem',
    xl: '1.25rem',
  },
  lineHeights: { xs: '1.35', sm: '1.4', md: '1.45', lg: '1.5', xl: '1.4' },
  spacing: {
    xs: '0.5rem',
    sm: '0.75rem',
    md: '1rem',
    lg: '1.5rem',
    xl: '2rem',
  },
  radius: { xs: '3px', sm: '5px', md: '7px', lg: '10px', xl: '16px' },
  defaultRadius: 'md',
  shadows: {
    xs: '0 1px 2px rgb(16 32 36 / 6%)',
    sm: '0 1px 3px rgb(16 32 36 / 10%)',
    md: '0 4px 14px rgb(16 32 36 / 12%)',
    lg: '0 10px 30px rgb(16 32 36 / 16%)',
    xl: '0 18px 48px rgb(16 32 36 / 20%)',
  },
  headings: {
    fontWeight: '650',
    sizes: {
      h1: { fontSize: '1.25rem' },
      h2: { fontSize: '1rem' },
      h3: { fontSize: '0.875rem' },
    },
  },
  cursorType: 'pointer',
  respectReducedMotion: true,
  components: {
    Button: { defaultProps: { size: 'sm' } },
    ActionIcon: { defaultProps: { variant: 'subtle', color: 'gray' } },
    TextInput: { defaultProps: { size: 'sm' } },
    Tooltip: { defaultProps: { openDelay: 400, withArrow: true } },
    Modal: {
      defaultProps: {
        centered: true,
        // The page itself does not scroll; locking it would cost every card a new style at each opening.
        lockScroll: false,
        styles: { title: { fontWeight: 650, fontSize: '1.05rem' } },
        overlayProps: { backgroundOpacity: 0.35 },
        transitionProps: { duration: 120 },
        attributes: NO_BANNER,
      },
    },
    Drawer: {
      defaultProps: {
        lockScroll: false,
        overlayProps: { backgroundOpacity: 0.18 },
        transitionProps: { duration: 140 },
        attributes: NO_BANNER,
      },
    },
  },
})

/** The surfaces that our own style sheets use, in both schemes. Status colours stand in `statuses.css`. */
export const resolveVariables: CSSVariablesResolver = () => ({
  variables: {},
  light: {
    '--mantine-color-body': '#ffffff',
    '--page': '#f3f6f7',
    '--mantine-color-dimmed': '#566770',
    '--mantine-color-error': '#b3261e',
    '--surface': '#ffffff',
    '--surface-sunken': '#f7f9fa',
    '--surface-closed': '#eef2f3',
    '--line': '#dde5e8',
    '--line-strong': '#c6d1d6',
    '--line-faint': '#edf1f3',
    '--text': '#16232a',
    '--text-dim': '#566770',
    '--now': '#c2410c',
    '--focus': '#0d5c63',
    '--link': '#0d5c63',
  },
  dark: {
    '--mantine-color-body': '#161f24',
    '--page': '#0e1417',
    '--mantine-color-dimmed': '#93a2a9',
    '--mantine-color-error': '#ff9d94',
    '--surface': '#161f24',
    '--surface-sunken': '#121a1e',
    '--surface-closed': '#10171a',
    '--line': '#28343b',
    '--line-strong': '#3a4951',
    '--line-faint': '#1e282d',
    '--text': '#e3eaec',
    '--text-dim': '#93a2a9',
    '--now': '#fb923c',
    '--focus': '#7abbb9',
    '--link': '#7abbb9',
  },
})
