/**
 * What the panels are made of. A panel imports from here and from nowhere else in the kit.
 */
export { Fragment, h, render } from 'preact';
export type { ComponentChildren, JSX } from 'preact';
export {
  useCallback,
  useEffect,
  useMemo,
  useRef,
  useState
} from 'preact/hooks';

export { mountApp, report } from './app';
export { arrow, arrowRows } from './arrow';
export {
  asError,
  useAsk,
  useHostState,
  type IAsked,
  type IAskHookOptions
} from './ask';
export * from './charts';
export { can, CodeLine, copy, copyText, Reference } from './code';
export {
  cellContent,
  cellText,
  clipped,
  csv,
  plain,
  tsv,
  type IColumn,
  type ISort,
  type Row
} from './columns';
export { useHost, useText } from './context';
export * from './controls';
export { TextDiff, type ITextDiffProps } from './diff';
export * from './facets';
export * as format from './format';
export { Icon, type IconName } from './icons';
export { useKeys, type IKey } from './keys';
export { Notice, useStatus, type INoticeProps } from './notice';
export * from './numbers';
export * from './menu';
export * from './sheets';
export * from './tabs';
export { Figures, Panel, type IFigure, type IPanelProps } from './panel';
export { SmallTable, type ISmallTableProps } from './smalltable';
export * from './states';
export {
  VirtualTable,
  type IFetchOptions,
  type IVirtualTableProps
} from './table/virtual';
export { useSize, type ISize } from './size';
export { toast, type IToastOptions } from './toast';
export { FullText, LongText } from './table/fulltext';
export { visible } from './text';
export { t } from './translate';

type Kit = typeof import('./index');

declare module '../host' {
  // All that stands above, and so what a panel that others bring may use.
  interface IKit extends Kit {}
}
