/** Find out whether the page is dark: as JupyterLab says, else by its colours, else by the system. */
export function isDark(root: Element): boolean {
  const said = document.body?.dataset.jpThemeLight;
  if (said !== undefined) {
    return said === 'false';
  }
  const style = getComputedStyle(root);
  // Only a host that has colours of its own says something by them; without, ours would answer.
  const shade = style.getPropertyValue('--jp-layout-color1').trim()
    ? luminance(style.backgroundColor)
    : null;
  return shade === null
    ? (window.matchMedia?.('(prefers-color-scheme: dark)').matches ?? false)
    : shade < 0.4;
}

/** How light a colour such as `rgb(17, 17, 17)` is, from 0 to 1; null if it is no such. */
export function luminance(colour: string): number | null {
  const found = /^rgba?\(\s*([\d.]+)[,\s]+([\d.]+)[,\s]+([\d.]+)/.exec(colour);
  return found === null
    ? null
    : (0.2126 * Number(found[1]) +
        0.7152 * Number(found[2]) +
        0.0722 * Number(found[3])) /
        255;
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
