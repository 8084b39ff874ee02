import { defineConfig } from 'vitest/config';

export default defineConfig({
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact' },
  test: {
    environment: 'node',
    include: ['views/**/*.test.ts', 'views/**/*.test.tsx', 'src/**/*.test.ts'],
    css: { include: [/tokens/] }
  }
});
