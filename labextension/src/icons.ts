import { LabIcon } from '@jupyterlab/ui-components';

/** A loop from data to a speaking model and back: the sign of the workbench. */
export const workbenchIcon = new LabIcon({
  name: 'llmops-workbench:workbench',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="16" viewBox="0 0 24 24">
  <g class="jp-icon3" fill="#616161">
    <path d="M12 2a10 10 0 0 1 9.54 7h-2.13A8 8 0 0 0 6.1 6.6L8.5 9H2V2.5l2.69 2.68A9.97 9.97 0 0 1 12 2z"/>
    <path d="M12 22a10 10 0 0 1-9.54-7h2.13a8 8 0 0 0 13.31 2.4L15.5 15H22v6.5l-2.69-2.68A9.97 9.97 0 0 1 12 22z"/>
    <path d="M8 9h8a1 1 0 0 1 1 1v4a1 1 0 0 1-1 1h-3l-2.5 2V15H8a1 1 0 0 1-1-1v-4a1 1 0 0 1 1-1z"/>
  </g>
</svg>`
});
