/** Keys that end something in JupyterLab and nothing here, whatever is held with them. */
function isOurs(event: KeyboardEvent): boolean {
  if (event.altKey || event.ctrlKey || event.metaKey) {
    return false;
  }
  // Shift with Enter runs a cell.
  return !(event.shiftKey && event.key === 'Enter');
}

/**
 * Keep single keys from JupyterLab while the focus is in a panel.
 *
 * In a notebook the arrows would move from cell to cell and `d d` would delete one. Keys with Ctrl,
 * Alt or Cmd stay JupyterLab's. It looks for the mark on its way up from the target, on `document`
 * and before the target hears of the key; so the mark is put on at the window, which is earlier.
 */
export function keepKeys(root: HTMLElement, signal: AbortSignal): void {
  window.addEventListener(
    'keydown',
    event => {
      if (event.composedPath().includes(root)) {
        root.toggleAttribute('data-lm-suppress-shortcuts', isOurs(event));
      }
    },
    { capture: true, signal }
  );
}
