/**
 * The boards as a list of which only the rows in view exist, however many there are. While it is scrolled, a row that leaves
 * the view becomes the next one that enters it. The list is one stop for the tab key; arrow keys move the selection.
 */
import { useEffect, useRef, useState } from 'preact/hooks';
import { useSize } from './hooks.js';
import type { Board } from './model.js';
import { Row, rowId } from './row.js';
import { TERMS } from './terms.js';
import { FLAPS } from '../src/trouble.js';

interface Properties {
  readonly boards: readonly Board[];
  readonly selected: string | undefined;
  readonly now: number;
  readonly select: (id: string) => void;
}

/** As in the style sheet. */
const ROW = 44;
const HEADS = 30;
/** Rows beyond the edge that exist too, so that a fast scroll shows no gap. */
const BEYOND = 5;

export function List({ boards, selected, now, select }: Properties) {
  const [element, { height }] = useSize<HTMLDivElement>();
  const [first, setFirst] = useState(0);
  const index = selected === undefined ? -1 : boards.findIndex(({ id }) => id === selected);
  const page = Math.max(1, Math.floor((height - HEADS) / ROW) - 1);

  const show = (next: number): void => {
    const place = Math.min(Math.max(0, next), boards.length - 1);
    select(boards[place]!.id);
    const { scrollTop, clientHeight } = element.current;
    const top = place * ROW;
    if (top < scrollTop) element.current.scrollTop = top;
    else if (top + ROW + HEADS > scrollTop + clientHeight)
      element.current.scrollTop = top + ROW + HEADS - clientHeight;
  };
  const moves: Readonly<Record<string, number>> = {
    ArrowDown: index + 1,
    ArrowUp: index - 1,
    PageDown: index + page,
    PageUp: index - page,
    Home: 0,
    End: boards.length - 1,
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    const next = moves[event.key];
    if (next === undefined) return;
    event.preventDefault();
    show(next);
  };

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
      onKeyDown={onKeyDown}
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
