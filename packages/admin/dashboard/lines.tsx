/** The lines of one board as they come, while its panel is open. */
import { useEffect, useState } from 'preact/hooks';
import { follow } from './api.js';

interface LineJson {
  readonly at: string;
  readonly direction: 'received' | 'sent';
  readonly text: string;
}

const MOST_LINES = 100;
const RETRY_MS = 2000;

interface Properties {
  readonly id: string;
  readonly isShown: boolean;
}

export function Lines({ id, isShown }: Properties) {
  const [lines, setLines] = useState<readonly LineJson[]>([]);
  useEffect(() => {
    if (!isShown) return;
    const ending = new AbortController();
    void followLines(id, ending.signal, (line) =>
      setLines((known) => [line, ...known.slice(0, MOST_LINES - 1)]),
    );
    return () => ending.abort();
  }, [id, isShown]);
  return (
    <>
      <h3>Lines</h3>
      {!isShown && (
        <p class="empty">
          They are not shown. The server shows them with <code>showLines: true</code>.
        </p>
      )}
      {isShown && lines.length === 0 && <p class="empty">Those that come now are shown here.</p>}
      {lines.length > 0 && (
        <ol class="lines" tabIndex={0} aria-label="Lines, the newest first">
          {lines.map(({ at, direction, text }) => (
            <li class={direction}>
              <time dateTime={at}>{new Date(at).toLocaleTimeString()}</time>
              <span>{direction === 'received' ? '→' : '←'}</span>
              <span class="hidden">{direction}</span>
              <code>{text}</code>
            </li>
          ))}
        </ol>
      )}
    </>
  );
}

/** Until it is aborted. Lines that come while there is no connection are not kept by the server. */
async function followLines(id: string, signal: AbortSignal, take: (line: LineJson) => void): Promise<void> {
  while (!signal.aborted) {
    const event = (it: { type: string; data: string }): void => {
      if (it.type === 'line') take(JSON.parse(it.data) as LineJson);
    };
    await follow(`events?lines=true&client=${encodeURIComponent(id)}`, undefined, signal, { event }).catch(
      () => undefined,
    );
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
}
