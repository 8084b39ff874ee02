import type { TranslationBundle } from '@jupyterlab/translation';

/** What switches the server's half on. */
export const ENABLE = 'jupyter server extension enable llmops_workbench';

/** Say in one sentence that the server's half is missing, and what to do. */
export function absentHint(trans: TranslationBundle): string {
  return trans.__(
    'The server extension of LLMOps Workbench is not enabled: run “%1”, then restart JupyterLab.',
    ENABLE
  );
}
