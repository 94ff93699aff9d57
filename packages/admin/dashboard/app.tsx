import { useEffect, useRef, useState } from 'preact/hooks';
import { hasToken, keepToken } from './api.js';
import { BoardPanel } from './board-panel.js';
import { Charts } from './charts.js';
import { plural } from './format.js';
import { Header } from './header.js';
import { useHash, useKeyDown, useRedraw, useSeconds } from './hooks.js';
import { Icon, ICONS, StateIcon } from './icons.js';
import { List } from './list.js';
import type { Order, Wanted } from './listing.js';
import { Live } from './live.js';
import { NewsPanel } from './news-panel.js';
import { TERMS } from './terms.js';
import { keepTheme, themeOf } from './theme.js';
import { TokenForm } from './token-form.js';
import type { State } from '../src/trouble.js';

const ORDERS: readonly [Order, string][] = [
  ['trouble', 'Trouble first'],
  ['id', 'Id'],
  ['roundTrip', 'Slowest first'],
  ['repeats', 'Most repeats first'],
];

const STATES: Readonly<Record<State, string>> = { up: 'Up', down: 'Down', flapping: 'Flapping' };

export function App() {
  const redraw = useRedraw();
  const live = useRef<Live>(undefined);
  live.current ??= new Live(redraw);
  const [theme, setTheme] = useState(themeOf());
  useEffect(() => {
    const ending = new AbortController();
    void live.current!.run(ending.signal);
    return () => ending.abort();
  }, []);
  useEffect(() => keepTheme(theme), [theme]);

  const { connection, trouble } = live.current;
  const useToken = (token: string): void => {
    keepToken(token);
    live.current!.retry();
  };
  return (
    <>
      <Header live={live.current} theme={theme} setTheme={setTheme} />
      {connection === 'token' ? (
        <TokenForm wasWrong={hasToken()} use={useToken} />
      ) : live.current.overview === undefined ? (
        <main class="centre">{connection === 'lost' ? `No fleet to show yet: ${trouble}.` : 'Loading…'}</main>
      ) : (
        <Fleet live={live.current} theme={theme} />
      )}
    </>
  );
}

function Fleet({ live, theme }: { readonly live: Live; readonly theme: string }) {
  useSeconds();
  const [wanted, setWanted] = useState<Wanted>({ order: 'trouble', text: '' });
  const [selected, select] = useHash();
  const search = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  // What had the focus goes away with its panel.
  const selectAndFocus = (id: string | undefined): void => {
    select(id);
    list.current?.focus({ preventScroll: true });
  };
  useKeys(search, () => select(undefined));

  // The same for a second, so that what has not changed in it is not drawn again.
  const now = Math.floor(live.now() / 1000) * 1000;
  const { boards, counts } = live.listing.read(wanted, now);
  const { state, order, text } = wanted;
  const want = (change: Partial<Wanted>): void => setWanted({ ...wanted, ...change });
  const board = selected === undefined ? undefined : live.boards.get(selected);
  const total = live.boards.size;
  return (
    <main class="fleet">
      <nav class="tiles" aria-label="Which boards to list">
        <Tile
          label="All"
          count={total}
          isOn={state === undefined}
          choose={() => want({ state: undefined })}
        />
        {(Object.keys(STATES) as State[]).map((it) => (
          <Tile
            key={it}
            label={STATES[it]}
            state={it}
            count={counts[it]}
            isOn={state === it}
            choose={() => want({ state: it })}
          />
        ))}
      </nav>
      <Charts boards={live.boards} rates={live.rates} now={now} theme={theme} />
      <section class="list panel" aria-label="Boards">
        <div class="tools">
          <label class="search">
            <Icon path={ICONS.search} />
            <input
              ref={search}
              type="search"
              placeholder="Search by id or address ( / )"
              aria-label="Search by id or address"
              value={text}
              onInput={({ currentTarget }) => want({ text: currentTarget.value })}
            />
          </label>
          <select
            aria-label="Order"
            value={order}
            onChange={({ currentTarget }) => want({ order: currentTarget.value as Order })}
          >
            {ORDERS.map(([value, label]) => (
              <option value={value}>{label}</option>
            ))}
          </select>
          <span class="count" role="status">
            {plural(boards.length, 'board')}
          </span>
        </div>
        {boards.length === 0 ? (
          <p class="empty">{total === 0 ? 'No board has come yet.' : 'No board is like this.'}</p>
        ) : (
          <List
            boards={boards}
            selected={selected}
            now={now}
            select={select}
            element={list}
            search={search}
          />
        )}
      </section>
      {board === undefined ? (
        <NewsPanel live={live} now={now} select={selectAndFocus} missing={selected} />
      ) : (
        <BoardPanel key={board.id} board={board} live={live} close={() => selectAndFocus(undefined)} />
      )}
    </main>
  );
}

interface TileProperties {
  readonly label: string;
  readonly count: number;
  readonly state?: State;
  readonly isOn: boolean;
  readonly choose: () => void;
}

function Tile({ label, count, state, isOn, choose }: TileProperties) {
  const title = state === 'flapping' || state === 'down' ? TERMS[state] : undefined;
  const tone = state !== undefined && count > 0 ? `state-${state}` : '';
  return (
    <button class={`tile panel ${tone}`} aria-pressed={isOn} title={title} onClick={choose}>
      <b>{count.toLocaleString('en')}</b>
      <span>
        {state && <StateIcon state={state} />}
        {label}
      </span>
    </button>
  );
}

/** `/` goes to the search, Escape leaves the board that is shown. */
function useKeys(search: { readonly current: HTMLInputElement | null }, leave: () => void): void {
  useKeyDown((event) => {
    const isTyping = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement;
    if (event.key === '/' && !isTyping) {
      event.preventDefault();
      search.current?.focus();
    } else if (event.key === 'Escape' && !isTyping) leave();
  });
}
