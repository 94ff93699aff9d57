/** Requests to the interface that has served this page. The token, where one is needed, is kept for the tab alone. */
import { EventReader, type StreamEvent } from './sse.js';

const TOKEN = 'iot-admin-token';

/** The interface has refused a request; the message says why. */
export class RefusedError extends Error {
  constructor(
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

export function hasToken(): boolean {
  return sessionStorage.getItem(TOKEN) !== null;
}

/** @throws RefusedError, and TypeError when there is no connection */
async function request(path: string, options: RequestInit = {}): Promise<Response> {
  const headers = new Headers(options.headers);
  const token = sessionStorage.getItem(TOKEN);
  if (token !== null) headers.set('authorization', `Bearer ${token}`);
  const response = await fetch(path, { ...options, headers, cache: 'no-store' });
  if (response.ok) return response;
  const { error } = (await response.json().catch(() => ({}))) as { error?: { message?: string } };
  throw new RefusedError(response.status, error?.message ?? `the answer is ${response.status}`);
}

export async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  return (await (await request(path, signal && { signal })).json()) as T;
}

/** True when the board has acked the line; false when it waits for the board. */
export async function sendLine(id: string, line: string): Promise<boolean> {
  const response = await request(`clients/${encodeURIComponent(id)}/lines?waitMs=5000`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ line }),
  });
  return ((await response.json()) as { acked: boolean }).acked;
}

/** A comment comes every 15 s: without one for this long the connection is dead. */
const SILENCE_MS = 40_000;

/**
 * Reads a stream until it ends or is aborted.
 *
 * @param lastEventId what came after this event comes first
 * @param opened called when the stream begins
 * @throws RefusedError; TypeError when there is no connection, or it breaks
 */
export async function follow(
  path: string,
  lastEventId: string | undefined,
  signal: AbortSignal,
  on: { readonly opened?: () => void; readonly event: (event: StreamEvent) => void },
): Promise<void> {
  const silence = new AbortController();
  let timer = setTimeout(() => silence.abort(), SILENCE_MS);
  try {
    const response = await request(path, {
      headers: lastEventId === undefined ? {} : { 'last-event-id': lastEventId },
      signal: AbortSignal.any([signal, silence.signal]),
    });
    on.opened?.();
    const events = new EventReader();
    const chunks = response.body!.pipeThrough(new TextDecoderStream()).getReader();
    for (let chunk = await chunks.read(); !chunk.done; chunk = await chunks.read()) {
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), SILENCE_MS);
      for (const event of events.push(chunk.value)) on.event(event);
    }
  } finally {
    clearTimeout(timer);
  }
}
