import base from './css/base.css';
import charts from './css/charts.css';
import controls from './css/controls.css';
import data from './css/data.css';
import facets from './css/facets.css';
import panel from './css/panel.css';
import tokens from './css/tokens.css';

/** The kit's style sheet, which each mounted panel brings with it. */
export const styles = [
  tokens,
  base,
  controls,
  panel,
  data,
  facets,
  charts
].join('\n');
