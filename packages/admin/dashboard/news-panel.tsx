/** What happened last in the fleet, when no board is chosen. */
import { roughly } from './format.js';
import type { Live, News } from './live.js';

interface Properties {
  readonly live: Live;
  readonly select: (id: string) => void;
  /** The id that was asked for, and is not there. */
  readonly missing: string | undefined;
}

export function NewsPanel({ live, select, missing }: Properties) {
  const now = live.now();
  return (
    <section class="detail news panel" aria-label="Latest events">
      <h2>Latest events</h2>
      {missing !== undefined && <p role="status">Board {missing} has not come, or was forgotten.</p>}
      {live.news.length === 0 && <p class="empty">Nothing has happened in the last hour.</p>}
      <ol tabIndex={0} aria-label="Events, the newest first">
        {live.news.slice(0, 100).map((news) => (
          <li>
            <span class={`kind kind-${news.type}`}>{news.type}</span>
            {news.id !== undefined && live.boards.has(news.id) ? (
              <button class="link" onClick={() => select(news.id!)}>
                {news.id}
              </button>
            ) : (
              <span>{news.id ?? news.address}</span>
            )}
            <span class="why">{why(news)}</span>
            <time dateTime={news.at} title={new Date(news.at).toLocaleString()}>
              {roughly(now - Date.parse(news.at))}
            </time>
          </li>
        ))}
      </ol>
    </section>
  );
}

function why({ reason, told, detail, code, address, type }: News): string {
  const words = told ?? detail;
  if (type === 'up') return address ?? '';
  return [reason ?? code ?? '', words === undefined ? '' : `“${words}”`]
    .filter((part) => part !== '')
    .join(' ');
}
