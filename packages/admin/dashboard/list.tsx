/**
 * The boards as a list of which only the rows in view exist, however many there are. While it is scrolled, a row that leaves
 * the view becomes the next one that enters it. The list is one stop for the tab key; arrow keys move the selection. From the
 * search, or when nothing has the focus, ArrowDown moves into the list; Enter in the search opens the first board.
 */
import type { RefObject } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import { useKeyDown, useSize } from './hooks.js';
import type { Board } from './model.js';
import { Row, rowId } from './row.js';
import { TERMS } from './terms.js';
import { FLAPS } from '../src/trouble.js';

interface Properties {
  readonly boards: readonly Board[];
  readonly selected: string | undefined;
  readonly now: number;
  readonly select: (id: string) => void;
  readonly element: RefObject<HTMLDivElement | null>;
  readonly search: RefObject<HTMLInputElement | null>;
}

/** As in the style sheet. */
const ROW = 44;
const HEADS = 30;
/** Rows beyond the edge that exist too, so that a fast scroll shows no gap. */
const BEYOND = 5;

export function List({ boards, selected, now, select, element, search }: Properties) {
  const { height } = useSize(element);
  const [first, setFirst] = useState(0);
  const index = selected === undefined ? -1 : boards.findIndex(({ id }) => id === selected);
  const page = Math.max(1, Math.floor((height - HEADS) / ROW) - 1);

  const show = (next: number): void => {
    const place = Math.min(Math.max(0, next), boards.length - 1);
    select(boards[place]!.id);
    const rows = element.current!;
    const { scrollTop, clientHeight } = rows;
    const top = place * ROW;
    if (top < scrollTop) rows.scrollTop = top;
    else if (top + ROW + HEADS > scrollTop + clientHeight) rows.scrollTop = top + ROW + HEADS - clientHeight;
  };
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: boards.length - 1,
  };
  const nextOf = ({ key, target }: KeyboardEvent): number | undefined => {
    if (target === element.current) return moves[key];
    const isSearch = target === search.current;
    if (key === 'ArrowDown' && (isSearch || target === document.body)) return index + 1;
    return key === 'Enter' && isSearch ? 0 : undefined;
  };
  useKeyDown((event) => {
    const next = nextOf(event);
    if (next === undefined) return;
    event.preventDefault();
    element.current!.focus({ preventScroll: true });
    show(next);
  });

  const count = Math.ceil(height / ROW) + 2 * BEYOND + 1;
  const rows = boards.slice(first, first + count);
  const isDrawn = index >= first && index < first + rows.length;
  useStart(element, boards.length);
  return (
    <div
      class="rows"
      ref={element}
      role="listbox"
      aria-label="Boards"
      tabIndex={0}
      aria-activedescendant={isDrawn ? rowId(selected!) : undefined}
      onScroll={({ currentTarget }) => setFirst(firstAt(currentTarget.scrollTop))}
    >
      <div class="row heads" aria-hidden="true">
        <span />
        <span class="id">Board</span>
        <span class="state">State</span>
        <span title={TERMS.strip}>Last hour</span>
        <span class="number outages" title={TERMS.outages}>
          Outages<span class="within">, {FLAPS.withinMs / 60_000} min</span>
        </span>
        <span class="reason">Last reason</span>
        <span class="number trip" title={TERMS.roundTrip}>
          Round trip
        </span>
        <span class="number repeats" title={TERMS.repeats}>
          Repeats
        </span>
      </div>
      <div class="all" role="presentation" style={{ height: `${boards.length * ROW}px` }}>
        {rows.map((board, at) => (
          <Row
            key={(first + at) % count}
            board={board}
            now={now}
            top={(first + at) * ROW}
            place={first + at + 1}
            of={boards.length}
            isSelected={board.id === selected}
            select={select}
          />
        ))}
      </div>
    </div>
  );
}

/** The first row that exists when the list is scrolled to here. */
function firstAt(scrollTop: number): number {
  return Math.max(0, Math.floor(scrollTop / ROW) - BEYOND);
}

/** A list that has become shorter, by a search, is shown from its start. */
function useStart(element: { current: HTMLElement | null }, count: number): void {
  const before = useRef(count);
  useEffect(() => {
    if (count < before.current / 2) element.current!.scrollTop = 0;
    before.current = count;
  }, [count]);
}
