/** One board in the list. It has few elements, each of them cheap to lay out and to paint: a fast scroll fills them all. */
import { milliseconds, number, plural, roughly } from './format.js';
import { StateIcon } from './icons.js';
import type { Board } from './model.js';
import { Pure } from './pure.js';
import { Strip } from './strip.js';
import { recentOutages, stateOf, type State } from '../src/trouble.js';

interface Properties {
  readonly board: Board;
  readonly now: number;
  /** px from the start of the list. */
  readonly top: number;
  readonly place: number;
  readonly of: number;
  readonly isSelected: boolean;
  readonly select: (id: string) => void;
}

export function rowId(id: string): string {
  return `board-${encodeURIComponent(id)}`;
}

export class Row extends Pure<Properties> {
  override render({ board, now, top, place, of, isSelected, select }: Properties) {
    const state = stateOf(board, now);
    const since = stateSince(board, state, now);
    const outages = recentOutages(board, now);
    const reason = board.outages.at(-1)?.reason;
    const isTroubled = reason !== undefined && (state !== 'up' || outages > 0);
    const trip = milliseconds(board.roundTripMs);
    return (
      <div
        id={rowId(board.id)}
        class="row"
        role="option"
        aria-description={said([
          outages > 0 && `${plural(outages, 'outage')} in 15 minutes`,
          reason !== undefined && `last reason ${reason}`,
          `round trip ${trip}`,
          plural(board.repeats, 'repeat'),
        ])}
        aria-selected={isSelected}
        aria-posinset={place}
        aria-setsize={of}
        style={{ top: `${top}px` }}
        onClick={() => select(board.id)}
      >
        <StateIcon state={state} />
        <span class="id">
          {board.id}
          <br />
          {isTroubled ? (
            <>
              <small class="wide">{board.address}</small>
              <small class="narrow">{reason}</small>
            </>
          ) : (
            <small>{board.address}</small>
          )}
        </span>
        <span class={`state state-${state}`}>
          {state}
          <br />
          <small>{since}</small>
        </span>
        <Strip board={board} now={now} hours={1} />
        <span class="number outages">{outages > 0 && outages}</span>
        <span class="reason">{reason}</span>
        <span class="number trip">{trip}</span>
        <span class="number repeats">{number(board.repeats)}</span>
      </div>
    );
  }
}

/** What the heads of the columns say, for those who hear the row. */
function said(parts: readonly (string | false | undefined)[]): string {
  return parts.filter(Boolean).join(', ');
}

/** For how long it has been so; of one that flaps, how it is now. */
function stateSince({ up, since }: Board, state: State, now: number): string {
  const time = since === 0 ? '' : roughly(now - since);
  return state === 'flapping' ? `${up ? 'up' : 'down'} ${time}` : time;
}
