/** What happened last in the fleet, when no board is chosen. */
import { milliseconds, roughly } from './format.js';
import type { Live } from './live.js';
import type { News } from './news.js';
import { Pure } from './pure.js';

interface Properties {
  readonly live: Live;
  readonly now: number;
  readonly select: (id: string) => void;
  /** The id that was asked for, and is not there. */
  readonly missing: string | undefined;
}

const MOST_SHOWN = 100;

export function NewsPanel({ live, now, select, missing }: Properties) {
  return (
    <section class="detail news panel" aria-label="Latest events">
      <h2>Latest events</h2>
      {missing !== undefined && <p role="status">Board {missing} has never connected, or was forgotten.</p>}
      {live.news.length === 0 && <p class="empty">Nothing has happened in the last hour.</p>}
      <ol tabIndex={0} aria-label="Events, the newest first">
        {live.news.slice(0, MOST_SHOWN).map((news) => (
          <Item
            key={news.key}
            news={news}
            isKnown={news.id !== undefined && live.boards.has(news.id)}
            age={roughly(now - Date.parse(news.at))}
            select={select}
          />
        ))}
      </ol>
    </section>
  );
}

interface ItemProperties {
  readonly news: News;
  /** Its board can be chosen. */
  readonly isKnown: boolean;
  readonly age: string;
  readonly select: (id: string) => void;
}

class Item extends Pure<ItemProperties> {
  override render({ news, isKnown, age, select }: ItemProperties) {
    return (
      <li>
        <span class={`kind kind-${news.type}`}>{news.type}</span>
        {isKnown ? (
          <button class="link" onClick={() => select(news.id!)}>
            {news.id}
          </button>
        ) : (
          <span>{news.id ?? news.address}</span>
        )}
        <span class="why">{why(news)}</span>
        <time dateTime={news.at} title={new Date(news.at).toLocaleString()}>
          {age}
        </time>
      </li>
    );
  }
}

function why({ reason, told, detail, code, address, type, afterMs }: News): string {
  const words = told ?? detail;
  if (type === 'up') return afterMs === undefined ? (address ?? '') : `after ${milliseconds(afterMs)}`;
  return [reason ?? code ?? '', words === undefined ? '' : `“${words}”`]
    .filter((part) => part !== '')
    .join(' ');
}
