import { useState } from 'preact/hooks';
import { sendLine } from './api.js';

interface Properties {
  readonly id: string;
  readonly isUp: boolean;
}

export function SendLine({ id, isUp }: Properties) {
  const [line, setLine] = useState('');
  const [answer, setAnswer] = useState('');
  const send = async (): Promise<void> => {
    setAnswer(isUp ? 'Sent, not acked yet…' : 'Waits for the board…');
    try {
      const acked = await sendLine(id, line);
      setAnswer(
        acked
          ? `Acked: ${line}`
          : `Not acked yet. It stays queued, and is delivered once the board is up: ${line}`,
      );
      setLine('');
    } catch (error) {
      setAnswer(`Not sent: ${error instanceof Error ? error.message : 'the request has failed'}`);
    }
  };
  return (
    <>
      <h3>Send a line</h3>
      <form
        class="send"
        onSubmit={(event) => {
          event.preventDefault();
          void send();
        }}
      >
        <input
          aria-label="Line"
          required
          autocomplete="off"
          value={line}
          onInput={({ currentTarget }) => setLine(currentTarget.value)}
        />
        <button>Send</button>
      </form>
      <p class="answer" role="status">
        {answer}
      </p>
    </>
  );
}
