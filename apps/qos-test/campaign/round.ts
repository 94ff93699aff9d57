/** The rounds of a campaign: what is the same in all of one, and what is not. Pure. */
import type { CampaignSettings } from '../src/settings.js';
import type { Mode } from '../src/traffic.js';
import { ENDS, type EndName } from './plan.js';

export interface Round {
  readonly mode: Mode;
  /** The highest version of the wire at both ends. */
  readonly protocol: 1 | 2;
  /** Where they are identical, lines are counted, and not told apart. */
  readonly texts: 'unique' | 'identical';
  readonly client: 'ours' | 'original';
  /** The ends that keep their sessions in a store. */
  readonly stores: readonly EndName[];
  /** The ends that are killed. */
  readonly killed: readonly EndName[];
}

/** Without a store one round of each mode; with it one for each kind of session too. */
export function rounds({ mode, protocol, store }: CampaignSettings): Round[] {
  const modes: readonly Mode[] = mode === 'both' ? ['standard', 'fast'] : [mode];
  if (store === undefined) {
    return modes.map((each) => ({ ...OURS, mode: each, protocol, stores: [] }));
  }
  const versions = protocol === 2 ? ([2, 1] as const) : ([1] as const);
  return [
    ...versions.flatMap((version) => modes.map((each) => ({ ...OURS, mode: each, protocol: version }))),
    ...versions.map((version) => ({
      ...OURS,
      mode: modes[0]!,
      protocol: version,
      texts: 'identical' as const,
    })),
    // A board without a store loses what it has when it is killed, so only the server is.
    { ...OURS, mode: 'standard', protocol: 1, client: 'original', stores: ['server'], killed: ['server'] },
  ];
}

const OURS = { texts: 'unique', client: 'ours', stores: ENDS, killed: ENDS } as const;

/** What a person calls it. */
export function titleOf({ mode, protocol, texts, client, stores }: Round): string {
  return [
    `${mode} mode`,
    ...(stores.length > 0 ? [`version ${protocol}`] : []),
    ...(texts === 'identical' ? ['identical texts'] : []),
    ...(client === 'original' ? ['original client'] : []),
    ...(stores.length > 0 ? [`stores at ${stores.length === 1 ? `the ${stores[0]}` : 'both ends'}`] : []),
  ].join(', ');
}

/** The folder of its journals. */
export function folderOf({ mode, protocol, texts, client, stores }: Round): string {
  if (stores.length === 0) return mode;
  return [
    mode,
    `v${protocol}`,
    ...(texts === 'identical' ? [texts] : []),
    ...(client === 'original' ? [client] : []),
  ].join('-');
}
