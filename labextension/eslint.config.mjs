import js from '@eslint/js';
import jupyter from '@jupyter/eslint-plugin';
import prettier from 'eslint-config-prettier';
import hooks from 'eslint-plugin-react-hooks';
import typescript from 'typescript-eslint';

/** A warning that nobody has to mend is noise: what is checked at all is an error. */
const strict = configs =>
  configs.map(config => ({
    ...config,
    plugins: { jupyter },
    rules: Object.fromEntries(
      Object.entries(config.rules ?? {}).map(([name, level]) => [
        name,
        level === 'warn' ? 'error' : level
      ])
    )
  }));

export default typescript.config(
  { ignores: ['lib/**', 'node_modules/**'] },
  js.configs.recommended,
  typescript.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    plugins: { 'react-hooks': hooks },
    rules: {
      // The compiler knows better than ESLint which names exist.
      'no-undef': 'off',
      'react-hooks/rules-of-hooks': 'error',
      '@typescript-eslint/naming-convention': [
        'error',
        {
          selector: 'interface',
          format: ['PascalCase'],
          custom: { regex: '^I[A-Z]', match: true }
        }
      ],
      '@typescript-eslint/no-empty-object-type': [
        'error',
        { allowInterfaces: 'with-single-extends' }
      ],
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { args: 'all', argsIgnorePattern: '^_', varsIgnorePattern: '^_' }
      ],
      curly: 'error',
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'prefer-arrow-callback': 'error'
    }
  },
  {
    files: ['*.mjs', '*.config.ts'],
    languageOptions: { globals: { process: 'readonly' } }
  },
  ...strict(jupyter.configs.recommended).map(config => ({
    ...config,
    files: config.files.map(pattern =>
      pattern.startsWith('**/*') ? `src/${pattern}` : pattern
    )
  })),
  {
    files: ['src/**'],
    languageOptions: {
      parserOptions: {
        projectService: true,
        tsconfigRootDir: import.meta.dirname
      }
    },
    rules: {
      // The plugins are one small file; what is big, a panel's module, is loaded when it is opened.
      'jupyter/prefer-lazy-imports': 'off'
    }
  },
  prettier
);
