/** What the reasons of outages mean, and where to look. */
export const REASONS: Readonly<Record<string, readonly [what: string, look: string]>> = {
  silence: [
    'Nothing came from the board for a timeout.',
    'Look at its WiFi and power, or whether it hangs. Several boards at once: the access point, or a server that is too busy.',
  ],
  fin: [
    'The board closed the socket.',
    'A board that speaks version 1 does so when it does not hear the server in time: look at its WiFi.',
  ],
  reset: [
    'The network or the system of the board reset the socket.',
    'Look at the uptime of the board: if it was not started again, look at the router.',
  ],
  told: ['The board ended the link and said why.', 'Its words are beside the outage.'],
  closed: [
    'The server closed the link, or the board came again while its old link still seemed to be up.',
    'Look for disconnect and forget in the program of the server; else at the WiFi of the board.',
  ],
  'protocol-error': [
    'What came is no frame of the protocol.',
    'Two programs use this id, or the client is faulty.',
  ],
  'no-first-byte': ['The other end never answered the hello.', 'Look at the network between the two.'],
  gap: [
    'Lines did not get through although the link was alive; the next link has them.',
    'Look at it when it happens often.',
  ],
  version: ['The two ends go on with another version of the protocol.', 'That is nothing to look at.'],
};
