import type { State } from '../src/trouble.js';

/** Each state has a form of its own, so that it can be told without its colour. */
export function StateIcon({ state }: { readonly state: State }) {
  return <i class={`mark ${state}`} aria-hidden="true" />;
}

export function Icon({ path }: { readonly path: string }) {
  return (
    <svg class="icon line" viewBox="0 0 16 16" aria-hidden="true">
      <path d={path} />
    </svg>
  );
}

export const ICONS = {
  close: 'M4 4l8 8M12 4l-8 8',
  search: 'M7 2.5a4.5 4.5 0 1 0 0 9 4.5 4.5 0 0 0 0-9ZM10.3 10.3 14 14',
  auto: 'M8 2.5a5.5 5.5 0 1 0 0 11 5.5 5.5 0 0 0 0-11ZM8 2.5v11',
  light:
    'M8 5a3 3 0 1 0 0 6 3 3 0 0 0 0-6ZM8 1v1.5M8 13.5V15M1 8h1.5M13.5 8H15M3 3l1 1M12 12l1 1M13 3l-1 1M4 12l-1 1',
  dark: 'M13.5 9.5A6 6 0 1 1 6.5 2.500a4.800 4.800 0 0 0 7 7Z',
};
