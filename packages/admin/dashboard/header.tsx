import { Icon, ICONS } from './icons.js';
import type { Connection, Live } from './live.js';
import { THEMES, type Theme } from './theme.js';

const WORDS: Readonly<Record<Connection, string>> = {
  loading: 'Loading',
  live: 'Live',
  lost: 'Not connected, trying again',
  token: 'Token needed',
};

interface Properties {
  readonly live: Live;
  readonly theme: Theme;
  readonly setTheme: (theme: Theme) => void;
}

export function Header({ live, theme, setTheme }: Properties) {
  const { connection, trouble } = live;
  const next = THEMES[(THEMES.indexOf(theme) + 1) % THEMES.length]!;
  return (
    <header>
      <h1>
        <img src="dashboard.svg" alt="" width="22" height="22" />
        Fleet <small>{location.host}</small>
      </h1>
      <span class={`connection ${connection}`} role="status" title={trouble}>
        {WORDS[connection]}
      </span>
      <button class="plain" onClick={() => setTheme(next)} title={`Colours: ${theme}`}>
        <Icon path={ICONS[theme]} />
        <span class="hidden">
          Colours: {theme}. Change to {next}.
        </span>
      </button>
    </header>
  );
}
