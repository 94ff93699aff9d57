import { useState } from 'preact/hooks';

interface Properties {
  /** The one that was given was refused. */
  readonly wasWrong: boolean;
  readonly use: (token: string) => void;
}

export function TokenForm({ wasWrong, use }: Properties) {
  const [token, setToken] = useState('');
  return (
    <main class="centre">
      <form
        class="panel token"
        onSubmit={(event) => {
          event.preventDefault();
          use(token.trim());
        }}
      >
        <h2>Token</h2>
        <p>
          This interface needs the token that its server was started with. It is kept until this tab is
          closed.
        </p>
        <label>
          Token
          <input
            type="password"
            autocomplete="off"
            required
            value={token}
            onInput={({ currentTarget }) => setToken(currentTarget.value)}
          />
        </label>
        {wasWrong && <p role="alert">The token was refused.</p>}
        <button>Open</button>
      </form>
    </main>
  );
}
