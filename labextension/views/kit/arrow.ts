import { tableFromIPC, type Table } from '@uwdata/flechette';

/** Read an Arrow IPC stream; 64-bit integers become numbers, which a page can count with. */
export function arrow(buffer: ArrayBuffer | Uint8Array): Table {
  return tableFromIPC(
    buffer instanceof Uint8Array ? buffer : new Uint8Array(buffer),
    { useBigInt: false, useDate: true, useProxy: false }
  );
}

/** The rows of an Arrow IPC stream as plain objects. */
export function arrowRows<R = Record<string, unknown>>(
  buffer: ArrayBuffer | Uint8Array
): R[] {
  return arrow(buffer).toArray() as R[];
}
