import { join } from 'node:path'
import react from '@vitejs/plugin-react'
import { defineConfig, runnerImport, type Plugin } from 'vite'
import type { PAGES } from './src/app/pages.ts'

/** Where `vite` (not the build) finds a running stack. */
const stack = 'http://localhost:8080'

/**
 * Writes the list of pages beside them: the front door answers other paths with 404. The list is read by Vite, not imported: it names the
 * screens' components, and a configuration that imports these would have to bundle their styles.
 */
const listPages: Plugin = {
  name: 'list-pages',
  async generateBundle() {
    const { module } = await runnerImport<{ PAGES: typeof PAGES }>(join(import.meta.dirname, 'src/app/pages.ts'))
    this.emitFile({ type: 'asset', fileName: 'pages.json', source: JSON.stringify(module.PAGES) })
  },
}

export default defineConfig({
  root: import.meta.dirname,
  // Relative: the front door knows below which path it stands, the build does not.
  base: './',
  plugins: [react(), listPages],
  // No polyfill script and no data: urls: the page runs under a Content-Security-Policy of 'self'.
  build: {
    outDir: 'dist',
    target: 'es2023',
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 700,
    reportCompressedSize: false,
  },
  server: {
    proxy: {
      '/api': stack,
      '/.well-known': stack,
      '/realtime': { target: stack, ws: true },
    },
  },
})
