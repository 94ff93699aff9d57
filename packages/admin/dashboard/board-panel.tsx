/** One board: how it is, why it was down, its lines. */
import { useEffect, useState } from 'preact/hooks';
import { read } from './api.js';
import { bytes, duration, milliseconds, number, plural } from './format.js';
import { Icon, ICONS, StateIcon } from './icons.js';
import { Lines } from './lines.js';
import type { Live } from './live.js';
import {
  hasBeenUp,
  HOUR_MS,
  outageOf,
  type Board,
  type ClientJson,
  type Outage,
  type OutageJson,
} from './model.js';
import { REASONS } from './reasons.js';
import { SendLine } from './send-line.js';
import { Strip } from './strip.js';
import { TERMS } from './terms.js';
import { reasonsOf } from './timeline.js';
import { stateOf } from '../src/trouble.js';

interface DetailsJson extends ClientJson {
  readonly protocol: number | null;
  readonly connects: number;
  readonly unreadLines: number;
  readonly pendingWrites: number;
  readonly stats: ClientJson['stats'] & Readonly<Record<string, number>>;
  readonly outages: readonly Omit<OutageJson, 'id'>[];
}

const READ_MS = 2000;
const HOURS = [1, 24] as const;

interface Properties {
  readonly board: Board;
  readonly live: Live;
  readonly close: () => void;
}

export function BoardPanel({ board, live, close }: Properties) {
  const details = useDetails(board);
  const [hours, setHours] = useState<(typeof HOURS)[number]>(1);
  const now = live.now();
  const state = stateOf(board, now);
  const all = details === undefined ? board.outages : merged(details.outages.map(outageOf), board.outages);
  const recordedMs = Math.min(hours * HOUR_MS, now - board.recordedSince);
  const within = all.filter(({ endedAt }) => (endedAt ?? now) > now - hours * HOUR_MS);
  return (
    <section class="detail board panel" aria-label={`Board ${board.id}`}>
      <div class="heading">
        <h2>
          <StateIcon state={state} /> {board.id}
        </h2>
        <button class="plain" onClick={close} title="Close (Escape)">
          <Icon path={ICONS.close} />
          <span class="hidden">Close</span>
        </button>
      </div>
      <p class="how">
        <b class={`state-${state}`}>{state}</b>
        {state === 'flapping' && ` (${TERMS.flapping})`}
        {board.since > 0 &&
          `${state === 'flapping' ? `, ${board.up ? 'up' : 'down'}` : ''} for ${duration(now - board.since)}`}
        {board.address !== undefined && `, ${board.address}`}
      </p>

      <div class="heading">
        <h3>Outages</h3>
        <span class="choice" role="group" aria-label="Time shown">
          {HOURS.map((it) => (
            <button aria-pressed={hours === it} onClick={() => setHours(it)}>
              {it} h
            </button>
          ))}
        </span>
      </div>
      <Strip
        board={board}
        outages={within}
        now={now}
        hours={hours}
        label={`${plural(within.length, 'outage')} in ${duration(recordedMs)}`}
      />
      <div class="axis" aria-hidden="true">
        <span>{hours} h ago</span>
        <span>now</span>
      </div>
      {hasBeenUp(board) ? (
        <Why outages={within} recordedMs={recordedMs} />
      ) : (
        <p class="empty">It has not been up since the record of its outages began.</p>
      )}
      <OutageTable outages={within} now={now} />

      {details && <Numbers {...details} />}
      <SendLine id={board.id} isUp={board.up} />
      <Lines id={board.id} isShown={live.overview?.showLines === true} />
    </section>
  );
}

/** Read again every two seconds, and when its link comes up or ends. */
function useDetails({ id, since }: Board): DetailsJson | undefined {
  const [details, setDetails] = useState<DetailsJson>();
  useEffect(() => {
    const ending = new AbortController();
    const update = (): void => {
      if (document.hidden) return;
      // One that fails is read again; that the connection is lost is said elsewhere.
      read<DetailsJson>(`clients/${encodeURIComponent(id)}`, ending.signal).then(setDetails, () => undefined);
    };
    update();
    const timer = setInterval(update, READ_MS);
    return () => {
      clearInterval(timer);
      ending.abort();
    };
  }, [id, since]);
  return details;
}

/** The details may be older than what events have told. */
function merged(read: readonly Outage[], told: readonly Outage[]): readonly Outage[] {
  const ends = new Map(told.map((outage) => [outage.at, outage]));
  const newest = read.at(-1)?.at ?? -Infinity;
  return [...read.map((outage) => ends.get(outage.at) ?? outage), ...told.filter(({ at }) => at > newest)];
}

function Why({ outages, recordedMs }: { readonly outages: readonly Outage[]; readonly recordedMs: number }) {
  const reasons = reasonsOf(outages);
  const [first] = reasons;
  if (first === undefined) return <p class="empty">No outage in {duration(recordedMs)}.</p>;
  const [what, look] = REASONS[first[0]] ?? ['', ''];
  return (
    <p class="because">
      <b>
        {plural(outages.length, 'outage')}:{' '}
        {reasons.map(([reason, count]) => `${count} × ${reason}`).join(', ')}.
      </b>{' '}
      {what} {look}
    </p>
  );
}

const MOST_OUTAGES = 200;

function OutageTable({ outages, now }: { readonly outages: readonly Outage[]; readonly now: number }) {
  if (outages.length === 0) return null;
  return (
    <div class="table" tabIndex={0} role="region" aria-label="Outages, the newest first">
      <table>
        <thead>
          <tr>
            <th>At</th>
            <th class="number">For</th>
            <th>Reason</th>
          </tr>
        </thead>
        <tbody>
          {outages
            .slice(-MOST_OUTAGES)
            .reverse()
            .map(({ at, endedAt, reason, told }) => (
              <tr key={at}>
                <td>{new Date(at).toLocaleTimeString()}</td>
                <td class="number">
                  {endedAt === undefined ? `${duration(now - at)} so far` : milliseconds(endedAt - at)}
                </td>
                <td>
                  {reason}
                  {told !== undefined && <small> “{told}”</small>}
                </td>
              </tr>
            ))}
        </tbody>
      </table>
    </div>
  );
}

function Numbers({ roundTripMs, stats, connects, unreadLines, pendingWrites, protocol }: DetailsJson) {
  const of = (name: string): number => stats[name] ?? 0;
  const rows: readonly [string, string][] = [
    ['Round trip', milliseconds(roundTripMs ?? undefined)],
    ['Links so far', number(connects)],
    ['Lines received', number(of('received'))],
    ['Lines sent', number(of('sent'))],
    ['Repeats', number(of('retransmitted'))],
    ['Duplicates dropped', number(of('duplicatesDropped'))],
    ['Not read yet', number(unreadLines)],
    ['Not acked yet', number(pendingWrites)],
    ['Bytes received', bytes(of('bytesReceived'))],
    ['Bytes sent', bytes(of('bytesSent'))],
    ['Protocol version', protocol === null ? '–' : String(protocol)],
  ];
  return (
    <>
      <h3>Numbers</h3>
      <dl>
        {rows.map(([name, value]) => (
          <div>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      <p class="terms">
        {TERMS.roundTrip}. {TERMS.repeats}.
      </p>
    </>
  );
}
