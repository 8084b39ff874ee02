import { defineConfig } from 'vitest/config';

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  // The kit's documentation is checked against the kit.
  server: { fs: { allow: ['..'] } },
  test: {
    environment: 'node',
    include: ['views/**/*.test.ts', 'views/**/*.test.tsx', 'src/**/*.test.ts'],
    css: { include: [/tokens/] }
  }
});
