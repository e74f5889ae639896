/** One image: what is bundled into it, and which packages stand beside the bundle since they are more than code that can be joined. */
export type Image = {
  /** Entry points by the name of the bundle: `api` becomes `/app/api.js`. */
  entries: Record<string, string>
  /** Files of packages, found by the package's name at run time. A pattern ends with `*`. */
  files: { package: string; paths: readonly string[] }[]
  /** Packages that are not joined into the bundle. */
  external: readonly string[]
  /** The built web client is at `/app/client`. */
  hasClient: boolean
}

const HEALTHCHECK = { healthcheck: 'packages/images/src/healthcheck.ts' }

export const IMAGES = {
  api: {
    entries: {
      api: 'services/api/src/main.ts',
      migrate: 'services/api/src/commands/migrate.ts',
      seed: 'services/api/src/commands/seed.ts',
      ...HEALTHCHECK,
    },
    files: [
      { package: '@derm/database', paths: ['package.json', 'prisma/migrations'] },
      {
        package: '@prisma/schema-engine-wasm',
        paths: ['package.json', 'schema_engine_bg.js', 'schema_engine_bg.wasm'],
      },
      { package: '@node-rs/argon2', paths: ['package.json', 'index.js'] },
      // The native part for the machine that makes the bundle: an image of its processor.
      { package: '@node-rs/argon2-linux-*', paths: ['.'] },
      { package: 'swagger-ui-dist', paths: ['package.json', 'swagger-ui.css', 'swagger-ui-bundle.js', 'LICENSE'] },
    ],
    external: ['@node-rs/argon2', '@prisma/schema-engine-wasm'],
    hasClient: false,
  },
  realtime: {
    entries: { realtime: 'services/realtime/src/main.ts', ...HEALTHCHECK },
    files: [],
    external: [],
    hasClient: false,
  },
  web: {
    entries: { web: 'services/web-server/src/main.ts', ...HEALTHCHECK },
    files: [],
    external: [],
    hasClient: true,
  },
} as const satisfies Record<string, Image>
export type ImageName = keyof typeof IMAGES
export const IMAGE_NAMES = Object.keys(IMAGES) as ImageName[]
