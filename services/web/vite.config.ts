import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

/** Where `vite` (not the build) finds a running stack. */
const stack = 'http://localhost:8080'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react()],
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
