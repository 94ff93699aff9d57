/**
 * The OpenAPI 3.1 document of the interface, served as `/openapi.json`. Tests check every answer against it.
 */
import { OUTAGE_REASONS } from './reasons.js';

const json = (schema: object, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
const refused = (description: string) => json(ref('Error'), description);
const object = (properties: Readonly<Record<string, object>>, optional: readonly string[] = []) => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  additionalProperties: false,
});

const count = { type: 'integer', minimum: 0 };
const text = { type: 'string' };
const time = { type: 'string', format: 'date-time' };
const orNull = (schema: { readonly type: string }) => ({ ...schema, type: [schema.type, 'null'] });

const id = { name: 'id', in: 'path', required: true, schema: text, description: "the client's id" };
const number = (name: string, description: string) => ({ name, in: 'query', schema: count, description });

/** The error answers of every request that needs the token. */
const always = {
  400: refused('the request is malformed, or has an unknown parameter'),
  401: refused('the token is missing or wrong'),
  403: refused('the Host or the Origin does not belong to this interface'),
  500: refused('the interface has failed'),
  503: refused('the server has failed, or cannot serve this now'),
};
const unknownClient = refused('this client has never connected, or was forgotten');

const clientProperties = {
  id: text,
  up: { type: 'boolean' },
  since: {
    ...time,
    description:
      'when it came up or went down; for a client that was there before attachAdmin, the time of attachAdmin',
  },
  recordedSince: {
    ...time,
    description:
      'outages after this time are known: when this interface first saw the client, or the end of the last outage that is no longer kept',
  },
  address: { ...orNull(text), description: 'address of the last link' },
  protocol: { enum: [1, 2, null], description: 'version of the protocol' },
  connects: { ...count, description: 'number of times it came up' },
  unreadLines: { ...count, description: 'lines received and not yet read by the program' },
  pendingWrites: { ...count, description: 'lines written and not yet acked' },
  roundTripMs: {
    type: ['number', 'null'],
    description: 'time from a write to its ack, smoothed over about eight acks; null before the first',
  },
  stats: object({
    sent: count,
    received: count,
    retransmitted: count,
    duplicatesDropped: count,
    unsafeDropped: count,
    dropped: count,
    expired: count,
    outages: count,
    protocolErrors: count,
    bytesReceived: count,
    bytesSent: count,
  }),
  lastLine: object({ direction: { enum: ['received', 'sent'] }, text, at: time }),
};
const outageProperties = {
  at: time,
  endedAt: orNull(time),
  reason: { enum: OUTAGE_REASONS },
  told: { ...text, description: "the reason in the client's words" },
};
const outage = object(outageProperties, ['told']);
const since = { name: 'since', in: 'query', schema: time, description: 'default: an hour ago' };

export const OPENAPI = {
  openapi: '3.1.0',
  info: { title: '@iot/admin', version: '1', description: 'See and operate a fleet of clients.' },
  security: [{}, { token: [] }],
  paths: {
    '/fleet': {
      get: {
        summary: 'Totals of the fleet, and the id of the newest event, for a later request of /events',
        responses: { 200: json(ref('Fleet'), 'the fleet'), ...always },
      },
    },
    '/outages': {
      get: {
        summary:
          'Outages of all clients that ended after a time or have not ended, in the order in which they began',
        parameters: [
          since,
          number('limit', 'the maximum number of outages, the newest ones; default 1000, at most 10,000'),
        ],
        responses: {
          200: json(object({ total: count, outages: { type: 'array', items: ref('Outage') } }), 'outages'),
          ...always,
        },
      },
    },
    '/clients': {
      get: {
        summary:
          'All clients that have connected and were not forgotten, in the order in which they first connected',
        parameters: [
          number('limit', 'the maximum number of clients in the answer; default 1000, at most 10,000'),
          number('offset', 'the number of clients to skip; default 0'),
          {
            name: 'sort',
            in: 'query',
            schema: { enum: ['trouble', 'outages', 'id'] },
            description:
              'clients in trouble first, as in the dashboard; clients with the most outages first; or by id',
          },
        ],
        responses: {
          200: json(object({ total: count, clients: { type: 'array', items: ref('Client') } }), 'clients'),
          ...always,
        },
      },
    },
    '/clients/{id}': {
      parameters: [id],
      get: {
        summary: 'One client, with its last 200 outages, oldest first',
        responses: { 200: json(ref('ClientDetails'), 'the client'), 404: unknownClient, ...always },
      },
      delete: {
        summary: 'Forgets a client, also in the store: when it connects again, it is a new client',
        responses: { 204: { description: 'forgotten' }, 404: unknownClient, ...always },
      },
    },
    '/clients/{id}/disconnect': {
      parameters: [id],
      post: {
        summary: 'Ends the link of a client; its session is kept, and it may connect again',
        responses: {
          200: json(object({ disconnected: { type: 'boolean' } }), 'false when it had no link'),
          404: unknownClient,
          ...always,
        },
      },
    },
    '/clients/{id}/lines': {
      parameters: [id],
      post: {
        summary: 'Writes a line to a client, and waits for its ack',
        parameters: [
          number('waitMs', 'how long to wait for the ack: default 10,000, at most 60,000, 0 does not wait'),
        ],
        requestBody: {
          required: true,
          content: { 'application/json': { schema: object({ line: { type: 'string', minLength: 1 } }) } },
        },
        responses: {
          200: json(object({ acked: { const: true } }), 'the client has acked it'),
          202: json(
            object({ acked: { const: false } }),
            'it is queued, and is delivered once the client is up',
          ),
          404: unknownClient,
          408: { description: 'the request was not complete in time' },
          410: refused('the client was closed or forgotten in the meantime; the line may have arrived'),
          413: refused('the body is too long'),
          415: refused('the body is not JSON'),
          429: refused('too many lines to this client are not acked'),
          ...always,
        },
      },
    },
    '/events': {
      get: {
        summary: 'Events as they happen (server-sent events)',
        description:
          'The events are up, down, refused, duplicate, peer-error, gone, and with lines=true also line, which have no id. The data of each is a JSON object with the time, `at`. `missed` says that events since last-event-id are not kept any more.',
        parameters: [
          {
            name: 'client',
            in: 'query',
            schema: text,
            description: 'only events of the client with this id',
          },
          {
            name: 'lines',
            in: 'query',
            schema: { type: 'boolean' },
            description: 'true: events of lines too',
          },
          {
            name: 'last-event-id',
            in: 'header',
            schema: text,
            description: 'id of the last event that the reader has; the events after it are sent first',
          },
        ],
        responses: {
          200: { description: 'events', content: { 'text/event-stream': { schema: text } } },
          ...always,
        },
      },
    },
    '/metrics': {
      get: {
        summary: 'Metrics for Prometheus',
        responses: {
          200: { description: 'metrics', content: { 'text/plain': { schema: text } } },
          ...always,
        },
      },
    },
    '/healthz': {
      get: {
        summary: 'Whether this process responds',
        security: [],
        responses: { 200: json(object({ ok: { const: true } }), 'it does'), 403: always[403] },
      },
    },
    '/readyz': {
      get: {
        summary: 'Whether the server is open',
        security: [],
        responses: {
          200: json(object({ ok: { const: true } }), 'it does'),
          403: always[403],
          503: json(object({ ok: { const: false } }), 'it was closed'),
        },
      },
    },
    '/openapi.json': {
      get: {
        summary: 'This document',
        responses: { 200: json({ type: 'object' }, 'the document'), ...always },
      },
    },
  },
  components: {
    securitySchemes: { token: { type: 'http', scheme: 'bearer' } },
    schemas: {
      Client: object(clientProperties, ['lastLine']),
      ClientDetails: object({ ...clientProperties, outages: { type: 'array', items: outage } }, ['lastLine']),
      Outage: object({ id: text, ...outageProperties }, ['told']),
      Fleet: object({
        at: time,
        lastEventId: text,
        showLines: { type: 'boolean' },
        clients: count,
        up: count,
        linesReceived: count,
        linesSent: count,
        linesRepeated: count,
        unreadLines: count,
        pendingWrites: count,
        roundTrips: {
          ...object({
            boundsMs: { type: 'array', items: { type: 'number' } },
            counts: { type: 'array', items: count },
          }),
          description:
            'for each bound, the number of lines whose time from write to ack was above the previous bound and at most this bound; the last element counts the times above all bounds',
        },
      }),
      Error: object({ error: object({ code: text, message: text }) }),
    },
  },
};
