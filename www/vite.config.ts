import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';
import { offline } from './build/offline.ts';
import { policy } from './build/policy.ts';

export default defineConfig({
  // Relative, so that the page may lie in any folder of a host.
  base: './',
  plugins: [svelte(), policy(), offline()],
  worker: { format: 'es' },
  build: {
    target: 'es2022',
    // A data: URL would need room in the content security policy.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: { fs: { allow: ['..'] } },
});
