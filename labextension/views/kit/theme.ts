/** Find out whether the page is dark, as JupyterLab says it, else its colours, else the system. */
export function isDark(root: Element): boolean {
  const said = document.body?.dataset.jpThemeLight;
  if (said !== undefined) {
    return said === 'false';
  }
  const paper = getComputedStyle(root)
    .getPropertyValue('--jp-layout-color1')
    .trim();
  const shade = paper && luminance(paper);
  if (typeof shade === 'number') {
    return shade < 0.4;
  }
  return window.matchMedia?.('(prefers-color-scheme: dark)').matches ?? false;
}

/** How light a colour such as `#fff` or `rgb(17, 17, 17)` is, from 0 to 1; null if it is no such. */
export function luminance(colour: string): number | null {
  const hex = /^#([0-9a-f]{3,8})$/i.exec(colour)?.[1];
  let parts: number[] | null = null;
  if (hex && (hex.length === 3 || hex.length === 4)) {
    parts = [...hex.slice(0, 3)].map(digit => parseInt(digit + digit, 16));
  } else if (hex && hex.length >= 6) {
    parts = [0, 2, 4].map(at => parseInt(hex.slice(at, at + 2), 16));
  } else {
    const found = /^rgba?\(\s*(\d+)[,\s]+(\d+)[,\s]+(\d+)/.exec(colour);
    parts = found ? found.slice(1, 4).map(Number) : null;
  }
  return parts === null
    ? null
    : (0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2]) / 255;
}

/** Keep `data-lw-theme` of an element at `light` or `dark`, as the page around it is. */
export function followTheme(root: HTMLElement, signal: AbortSignal): void {
  const look = () => {
    root.dataset.lwTheme = isDark(root) ? 'dark' : 'light';
  };
  look();
  // A host may put the element into the page only after it was drawn.
  requestAnimationFrame(look);
  const watch = new MutationObserver(look);
  for (const element of [document.documentElement, document.body]) {
    watch.observe(element, {
      attributes: true,
      attributeFilter: [
        'data-jp-theme-light',
        'data-jp-theme-name',
        'class',
        'style'
      ]
    });
  }
  window
    .matchMedia?.('(prefers-color-scheme: dark)')
    .addEventListener('change', look, { signal });
  signal.addEventListener('abort', () => watch.disconnect());
}
