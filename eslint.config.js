import js from '@eslint/js'
import reactHooks from 'eslint-plugin-react-hooks'
import tseslint from 'typescript-eslint'

/** What a folder may not import, with the reason that its reader is told. */
const DRIVERS = ['ioredis', 'pg', '@prisma/*', 'socket.io', 'socket.io-client', '@socket.io/*', 'express', 'ws']
const IO = ['node:fs', 'node:fs/*', 'node:net', 'node:http', 'node:https', 'node:child_process', 'node:worker_threads']
const SERVER_SIDE = [
  ...['@derm/core/redis', '@derm/core/relay', '@derm/core/node'],
  ...['@derm/publisher', '@derm/runtime', '@derm/auth', '@derm/database'],
]
const forbid = (group, message) => ({ group, message })
const FULL_TX = {
  regex: String.raw`(^|/)change\.ts$`,
  importNames: ['fullTx'],
  message: 'A row is written by createEntity, writeEntity or writeAlong, which tell of it and audit it.',
}
const API = forbid(['socket.io', 'socket.io-client', '@derm/react'], 'The API has no sockets.')
const SERVICES = forbid(
  ['@derm/api', '@derm/realtime', '@derm/web', '**/services/*'],
  'Services never import each other.',
)
const PROCESS = forbid(['node:process', 'process'], 'The environment is read in config.ts, once; the rest is global.')
const PROGRAMS = forbid(
  ['node:child_process', 'child_process', 'node:vm', 'vm', 'node:repl', 'repl'],
  'No service starts a program, or runs a text as code.',
)
const only = (...patterns) => ({
  'no-restricted-imports': ['error', { patterns: [...patterns, SERVICES, PROCESS, PROGRAMS] }],
})

const KITS = forbid(
  [
    '@derm/test-kit',
    '@derm/local-servers',
    '@derm/local-servers/*',
    '@derm/local-stack',
    '@derm/bench',
    '@derm/images',
  ],
  'Only tests and the kits use the kits.',
)
const TESTS = ['**/*.test.{ts,tsx}', '**/*.test-d.{ts,tsx}', '**/testing/**', '**/test-*.ts', '**/fuzz/**']

const ENVIRONMENT = { object: 'process', property: 'env', message: 'The environment is read in config.ts, once.' }
const NO_ENVIRONMENT = { 'no-restricted-properties': ['error', ENVIRONMENT] }
const NO_CHANCE = {
  'no-restricted-properties': [
    'error',
    ENVIRONMENT,
    { object: 'Math', property: 'random', message: 'Chance is an argument.' },
    { object: 'Date', property: 'now', message: 'Time is an argument.' },
  ],
}
const NO_CLOCK = {
  ...NO_CHANCE,
  'no-restricted-globals': ['error', 'setTimeout', 'setInterval', 'setImmediate', 'fetch', 'window', 'document'],
}

/** What a person typed is text, to whatever reads it. */
const NO_TEXT_AS_CODE = { 'no-eval': 'error', 'no-new-func': 'error', 'no-script-url': 'error' }
const syntax = (selector, message) => ({ selector, message })
const HTML = syntax(
  "JSXAttribute[name.name='dangerouslySetInnerHTML'], Property[key.name='dangerouslySetInnerHTML'], MemberExpression[property.name=/^(innerHTML|outerHTML|insertAdjacentHTML|srcdoc)$/]",
  'What a person typed is shown as text: React escapes it.',
)
const STORAGE = syntax(
  'Identifier[name=/^(localStorage|sessionStorage|indexedDB)$/]',
  'Nothing of a person stays in a browser: preferences.ts and browser-session.ts keep what may.',
)

export default tseslint.config(
  { ignores: ['**/node_modules', '**/dist', '**/generated', '**/.data', '**/coverage'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    // One program for all: each package's own would read the packages below it again, which takes three times as long.
    languageOptions: { parserOptions: { project: './tsconfig.lint.json', tsconfigRootDir: import.meta.dirname } },
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: {
      ...NO_TEXT_AS_CODE,
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-console': 'error',
      'no-undef': 'off',
      'no-warning-comments': ['error', { terms: ['todo', 'fixme', 'xxx', 'hack'] }],
      'max-lines': ['error', { max: 400, skipBlankLines: true, skipComments: true }],
      'no-empty': ['error', { allowEmptyCatch: false }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      '@typescript-eslint/no-floating-promises': 'error',
      // A handler that rejects ends the process: whoever listens says what happens then. React's attributes may be asynchronous.
      '@typescript-eslint/no-misused-promises': ['error', { checksVoidReturn: { attributes: false } }],
      // Interfaces that stores and transports fill are asynchronous even where one implementation is not.
      '@typescript-eslint/require-await': 'off',
      // Methods of type objects are taken apart throughout; none of ours uses `this` that way.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-unnecessary-type-assertion': 'error',
      // The router's redirects are thrown.
      '@typescript-eslint/only-throw-error': [
        'error',
        { allow: [{ from: 'package', package: '@tanstack/router-core', name: 'Redirect' }] },
      ],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  { files: ['{packages,services}/*/src/**/*.{ts,tsx}'], rules: { ...NO_ENVIRONMENT, ...only(KITS) } },
  {
    files: ['packages/contract/src/**/*.ts'],
    rules: only(forbid([...DRIVERS, ...IO, '@derm/*'], 'The contract imports zod and nothing else.')),
  },
  {
    files: ['packages/core/src/**/*.ts'],
    ignores: ['packages/core/src/redis/**', ...TESTS],
    rules: {
      ...NO_CLOCK,
      ...only(
        forbid([...DRIVERS, ...IO], 'The core is pure: drivers live behind its /redis door.'),
        KITS,
        forbid(
          ['@derm/publisher', '@derm/react', '@derm/runtime', '@derm/auth', '@derm/database'],
          'The core knows the contract only.',
        ),
      ),
    },
  },
  {
    files: ['packages/core/src/clock.ts'],
    rules: { 'no-restricted-properties': 'off', 'no-restricted-globals': 'off' },
  },
  {
    files: ['packages/core/src/redis/**/*.ts'],
    ignores: TESTS,
    rules: only(
      forbid(
        DRIVERS.filter((driver) => driver !== 'ioredis'),
        'This door is for Redis.',
      ),
      KITS,
    ),
  },
  {
    files: ['packages/{publisher,database}/src/**/*.ts'],
    ignores: TESTS,
    rules: only(forbid(['ioredis', 'socket.io*', '@socket.io/*', 'express'], 'Rows only.'), KITS),
  },
  {
    files: ['packages/{auth,runtime}/src/**/*.ts'],
    ignores: TESTS,
    rules: only(
      forbid(
        [
          'pg',
          '@prisma/*',
          'socket.io*',
          '@socket.io/*',
          'express',
          '@derm/publisher',
          '@derm/database',
          '@derm/react',
        ],
        'Not of this package’s layer.',
      ),
      KITS,
    ),
  },
  {
    files: ['packages/react/src/**/*.{ts,tsx}'],
    ignores: TESTS,
    rules: only(
      forbid([...DRIVERS, ...IO, ...SERVER_SIDE], 'This runs in a browser; its socket is in socket-transport.ts.'),
      KITS,
    ),
  },
  {
    files: ['packages/react/src/socket-transport.ts'],
    rules: only(
      forbid(
        [...DRIVERS.filter((driver) => driver !== 'socket.io-client'), ...IO, ...SERVER_SIDE],
        'This runs in a browser.',
      ),
      KITS,
    ),
  },
  {
    files: ['services/api/src/**/*.ts'],
    ignores: TESTS,
    rules: only(API, FULL_TX, KITS),
  },
  {
    // Who may write rows past the aggregates' mechanism: the mechanism, and what the catalogue has no event for.
    files: ['services/api/src/{aggregate,admin,jobs}/**/*.ts'],
    ignores: TESTS,
    rules: only(API, KITS),
  },
  {
    files: ['services/realtime/src/**/*.ts'],
    ignores: TESTS,
    rules: only(
      forbid(
        ['@prisma/*', 'express', '@derm/publisher', '@derm/database', '@derm/react'],
        'A node reads who may see what, and nothing else of Postgres.',
      ),
      KITS,
    ),
  },
  {
    files: ['services/web/src/**/*.{ts,tsx}'],
    ignores: TESTS,
    rules: only(
      forbid(
        [...DRIVERS, ...IO, ...SERVER_SIDE, '@derm/core', '@derm/core/*'],
        'The client knows the contract and the React package.',
      ),
      KITS,
    ),
  },
  {
    files: ['packages/react/**/*.{ts,tsx}', 'services/web/**/*.{ts,tsx}'],
    plugins: { 'react-hooks': reactHooks },
    rules: { ...reactHooks.configs.recommended.rules, 'no-restricted-syntax': ['error', HTML, STORAGE] },
  },
  {
    files: ['services/web/src/ui/preferences.ts', 'services/web/src/session/browser-session.ts'],
    rules: { 'no-restricted-syntax': ['error', HTML] },
  },
  {
    files: ['services/*/src/{config,main}.ts', 'services/api/src/commands/config.ts', 'packages/runtime/src/config.ts'],
    rules: { 'no-restricted-properties': 'off' },
  },
  {
    // Programs that a person runs, and the kits: they read the environment and print.
    files: ['packages/{local-stack,local-servers,test-kit,bench,images}/**', '**/bin/**'],
    rules: { 'no-console': 'off', 'no-restricted-properties': 'off', 'no-restricted-imports': 'off' },
  },
  { files: ['services/web/{scripts,src/build}/**'], rules: { 'no-console': 'off', 'no-restricted-properties': 'off' } },
  {
    files: TESTS,
    rules: {
      'max-lines': ['error', { max: 550, skipBlankLines: true, skipComments: true }],
      // A test that is left out, or that leaves the others out, is not a test.
      'no-restricted-properties': [
        'error',
        ...['describe', 'it', 'test'].flatMap((object) =>
          ['only', 'skip', 'todo'].map((property) => ({ object, property })),
        ),
      ],
      'no-restricted-imports': 'off',
      'no-restricted-syntax': 'off',
      // A test reads what came over the wire as it came.
      '@typescript-eslint/no-explicit-any': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
    },
  },
  {
    // A seed repeats a run to the letter.
    files: ['packages/core/src/{fuzz,testing}/**/*.ts'],
    rules: { ...NO_CHANCE, ...only(forbid([...DRIVERS, ...IO], 'The core is pure, and so are its trials.')) },
  },
  { files: ['**/fuzz/soak.ts'], rules: { 'no-console': 'off', 'no-restricted-properties': 'off' } },
  { files: ['**/*.js', '*.ts', '**/*.config.ts', '**/scripts/**'], ...tseslint.configs.disableTypeChecked },
)
