/** One board in the list. */
import { Component } from 'preact';
import { milliseconds, number, roughly } from './format.js';
import { StateIcon } from './icons.js';
import { HOUR_MS, type Board } from './model.js';
import { Strip } from './strip.js';
import { recentOutages, stateOf, type State } from './trouble.js';

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

export class Row extends Component<Properties> {
  /** While the list is scrolled most rows stay as they are. */
  override shouldComponentUpdate(next: Properties): boolean {
    const names = Object.keys(next) as (keyof Properties)[];
    return names.some((name) => next[name] !== this.props[name]);
  }

  override render({ board, now, top, place, of, isSelected, select }: Properties) {
    const state = stateOf(board, now);
    const outages = recentOutages(board, now);
    const reason = board.outages.at(-1)?.reason;
    return (
      <div
        id={rowId(board.id)}
        class="row"
        role="option"
        aria-selected={isSelected}
        aria-posinset={place}
        aria-setsize={of}
        style={{ transform: `translateY(${top}px)` }}
        onClick={() => select(board.id)}
      >
        <StateIcon state={state} />
        <span class="id">
          {board.id}
          <small>{board.address}</small>
        </span>
        <span class={`state state-${state}`}>
          {state}
          <small>{stateSince(board, state, now)}</small>
        </span>
        <Strip outages={board.outages} span={{ from: now - HOUR_MS, to: now }} />
        <span class="number outages">
          {outages > 0 && (
            <>
              {outages} <Unseen>in 15 minutes</Unseen>
            </>
          )}
        </span>
        <span class="reason">
          {reason !== undefined && <Unseen>last reason</Unseen>} {reason}
        </span>
        <span class="number trip">
          <Unseen>round trip</Unseen> {milliseconds(board.roundTripMs)}
        </span>
        <span class="number repeats">
          {number(board.repeats)} <Unseen>repeats</Unseen>
        </span>
      </div>
    );
  }
}

/** What the heads of the columns say, for those who hear the row. */
function Unseen({ children }: { readonly children: string }) {
  return <span class="hidden">{children}</span>;
}

/** For how long it has been so; of one that flaps, how it is now. */
function stateSince({ up, since }: Board, state: State, now: number): string {
  const time = since === 0 ? '' : roughly(now - since);
  return state === 'flapping' ? `${up ? 'up' : 'down'} ${time}` : time;
}
