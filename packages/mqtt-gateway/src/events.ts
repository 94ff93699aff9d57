/** The events that a gateway reports while it runs, and their text form of one line. */

/** A message that cannot be delivered, with the reason. */
export interface DeadLetter {
  /** `up`: the message is from a board. `down`: it is for a board. */
  readonly direction: 'up' | 'down';
  /** The id of the board. */
  readonly id: string;
  readonly topic: string;
  readonly payload: string;
  /** The encoding of `payload` when it is not UTF-8. */
  readonly encoding?: 'base64';
  readonly why: string;
}

export type GatewayEvent =
  /** `up`: the link to the broker has come up. Otherwise the link, or an attempt to connect, has ended; the gateway retries. */
  | { readonly type: 'broker'; readonly up: boolean }
  /** An error of the broker or of the link to it. The message contains neither password nor key. */
  | { readonly type: 'trouble'; readonly message: string }
  /** Another client uses this client id. `certain`: the broker has said so. Otherwise it is assumed, from short links. */
  | { readonly type: 'taken over'; readonly clientId: string; readonly certain: boolean }
  /** The broker has accepted a subscription. `id` is the board that the topic is for; undefined for a topic of the gateway. */
  | { readonly type: 'subscribed'; readonly id: string | undefined; readonly topic: string }
  /**
   * A subscription has failed: the board gets no messages. If the broker has refused it, the gateway tries again on the next
   * link. If the broker has ended three links because of it, the gateway tries again only when it is started again.
   */
  | {
      readonly type: 'not subscribed';
      readonly id: string | undefined;
      readonly topic: string;
      readonly why: string;
    }
  /** A message has become a dead letter. Other messages are not affected. */
  | { readonly type: 'dead letter'; readonly letter: DeadLetter; readonly file: string | undefined }
  /** A message for a board has expired before it was sent to the board. */
  | { readonly type: 'expired'; readonly id: string; readonly topic: string };

/** The text of an event, on one line. Ids and payloads are printed as JSON, because they may contain any character. */
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
      return `a message for board ${JSON.stringify(event.id)} has expired before it was sent to the board`;
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
  // Without a file this line is the only place where the payload is kept.
  const where = file === undefined ? JSON.stringify(payload) : `it is in ${file}`;
  return `put aside ${what} board ${JSON.stringify(id)}, ${why}: ${where}`;
}
