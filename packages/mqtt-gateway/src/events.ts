/** What a gateway reports while it runs, and each in one line. */

/** A message that went no further, with the reason. */
export interface DeadLetter {
  /** `up`: from a board; `down`: for a board. */
  readonly direction: 'up' | 'down';
  /** The id of the board. */
  readonly id: string;
  readonly topic: string;
  readonly payload: string;
  /** How `payload` is encoded when it is no UTF-8. */
  readonly encoding?: 'base64';
  readonly why: string;
}

export type GatewayEvent =
  /** The link to the broker came up, or an attempt or the link has ended; it is tried again every second. */
  | { readonly type: 'broker'; readonly up: boolean }
  /** It does not work yet; the message names neither password nor key. */
  | { readonly type: 'trouble'; readonly message: string }
  /** Another client has this client id. */
  | { readonly type: 'taken over'; readonly clientId: string; readonly certain: boolean }
  /** What is published for this board comes to it from now on; without an id, the topic is that of Home Assistant. */
  | { readonly type: 'subscribed'; readonly id: string | undefined; readonly topic: string }
  /** The broker does not let this gateway subscribe: the board gets nothing until the next start. */
  | {
      readonly type: 'not subscribed';
      readonly id: string | undefined;
      readonly topic: string;
      readonly why: string;
    }
  /** A message was put aside; the others go on. */
  | { readonly type: 'dead letter'; readonly letter: DeadLetter; readonly file: string | undefined }
  /** A message for a board has expired before the board came. */
  | { readonly type: 'expired'; readonly id: string; readonly topic: string };

/** An event in one line. What comes from outside is in it as JSON: it may hold anything. */
export function describe(event: GatewayEvent): string {
  switch (event.type) {
    case 'broker':
      return event.up ? 'connected to the broker' : 'no link to the broker; trying until it is back';
    case 'trouble':
      return `broker: ${event.message}`;
    case 'taken over':
      return takenOver(event.clientId, event.certain);
    case 'subscribed':
      return `subscribe ${event.topic}: done`;
    case 'not subscribed':
      return `${who(event.id)} gets nothing: no subscription of ${JSON.stringify(event.topic)}, ${event.why}`;
    case 'dead letter':
      return deadLetter(event.letter, event.file);
    case 'expired':
      return `a message for board ${JSON.stringify(event.id)} has expired before the board came`;
  }
}

function who(id: string | undefined): string {
  return id === undefined ? 'the gateway' : `board ${JSON.stringify(id)}`;
}

function takenOver(clientId: string, certain: boolean): string {
  const id = JSON.stringify(clientId);
  const remedy = 'give each gateway a client id of its own';
  if (certain) return `another client with the client id ${id} has taken our place at the broker: ${remedy}`;
  return `the broker ends each link soon after it began: if another client has the client id ${id}, ${remedy}`;
}

function deadLetter({ direction, id, payload, why }: DeadLetter, file: string | undefined): string {
  const what = direction === 'up' ? 'a line of' : 'a message for';
  // Without a file the text is nowhere else any more.
  const where = file === undefined ? JSON.stringify(payload) : `it is in ${file}`;
  return `put aside ${what} board ${JSON.stringify(id)}, ${why}: ${where}`;
}
