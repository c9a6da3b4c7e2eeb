import react from '@vitejs/plugin-react';
import { defineConfig } from 'vite';

export default defineConfig({
  base: '/studio/',
  plugins: [react()],
  build: {
    outDir: '../dist/studio',
    emptyOutDir: true,
    assetsDir: 'files',
    // What browsers have had since 2024: the two themes are one set of colours with `light-dark()`.
    target: ['chrome123', 'firefox120', 'safari17.5'],
    // Everything is a file: the pages' policy loads nothing else.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    // What is loaded at first is under 200 KB once compressed, and painting about two thirds as much again.
    chunkSizeWarningLimit: 700,
  },
  // While developing: `npm run dev` here beside a service on its standard port.
  server: { proxy: { '/v1': 'http://localhost:8080', '/studio/sign-in': 'http://localhost:8080' } },
});
