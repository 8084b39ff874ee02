/** How an answer travels over HTTP: a length, a JSON head of that length, then the binary parts. */
import { HostError, type IAnswer, type Json } from '../host';

export const FRAMED = 'application/vnd.llmops.answer';

/** Read one framed answer. */
export function readFrame(body: ArrayBuffer): IAnswer {
  if (body.byteLength < 4) {
    throw cut();
  }
  const length = new DataView(body).getUint32(0, true);
  let place = 4 + length;
  if (place > body.byteLength) {
    throw cut();
  }
  const head = JSON.parse(
    new TextDecoder().decode(new Uint8Array(body, 4, length))
  ) as { json: Json; buffers: number[] };
  const buffers = head.buffers.map(size => {
    const part = body.slice(place, place + size);
    if (part.byteLength !== size) {
      throw cut();
    }
    place += size;
    return part;
  });
  return { json: head.json, buffers };
}

/** Make the error that a response which is not an answer stands for. */
export function readError(status: number, text: string): HostError {
  try {
    const told = JSON.parse(text) as { error?: string; detail?: string };
    if (typeof told.error === 'string') {
      return new HostError(told.error, status, told.detail ?? '');
    }
  } catch {
    // Not ours: a proxy, or a server that is no workbench, has answered.
  }
  return new HostError(`the server answered with status ${status}`, status);
}

function cut(): HostError {
  return new HostError('the answer was cut off on its way', 502);
}
