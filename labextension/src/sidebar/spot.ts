/** A place of the page that can be given the keyboard, now or as soon as it is painted. */
export class Spot {
  /** Give it the keyboard. */
  focus(): void {
    if (this.element) {
      this.element.focus();
    } else {
      this.wanted = true;
    }
  }

  /** Tell which element it is; null when it is there no more. For React's `ref`. */
  readonly ref = (element: HTMLElement | null): void => {
    this.element = element;
    if (element && this.wanted) {
      this.wanted = false;
      element.focus();
    }
  };

  private element: HTMLElement | null = null;
  private wanted = false;
}
