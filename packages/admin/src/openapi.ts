/** The interface in OpenAPI 3.1, as `/openapi.json` has it. Tests check every answer against it. */
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

/** What any request that needs the token can be answered with. */
const always = {
  400: refused('the request is malformed, or has a parameter that there is none of'),
  401: refused('the token is missing or wrong'),
  403: refused('the Host or the Origin is not that of this interface'),
  500: refused('the interface has failed'),
  503: refused('the server has failed, or cannot serve this now'),
};
const unknownClient = refused('this client has not come, or was forgotten');

const clientProperties = {
  id: text,
  up: { type: 'boolean' },
  since: {
    ...time,
    description: 'when it came up or went down; when it was first seen, for one that was there before',
  },
  address: { ...orNull(text), description: 'of the last link' },
  protocol: { enum: [1, 2, null], description: 'version of the wire' },
  connects: { ...count, description: 'how many times it came up' },
  unreadLines: { ...count, description: 'received, and not read by the program' },
  pendingWrites: { ...count, description: 'lines written and not acked' },
  roundTripMs: {
    type: ['number', 'null'],
    description: 'from a write to its ack, smoothed over some eight of them; null before the first',
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
  told: { ...text, description: 'the words of the client' },
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
        summary:
          'The whole fleet in numbers, and the id of the newest event, from which to follow what comes next',
        responses: { 200: json(ref('Fleet'), 'the fleet'), ...always },
      },
    },
    '/outages': {
      get: {
        summary: 'Outages of all clients that ended after a time or go on, in the order in which they began',
        parameters: [since, number('limit', 'the newest ones alone; default 1000, at most 10,000')],
        responses: {
          200: json(object({ total: count, outages: { type: 'array', items: ref('Outage') } }), 'outages'),
          ...always,
        },
      },
    },
    '/clients': {
      get: {
        summary: 'All clients that have come and were not forgotten, in the order in which they came',
        parameters: [
          number('limit', 'the most clients in the answer; default 1000, at most 10,000'),
          number('offset', 'without the first ones; default 0'),
          {
            name: 'sort',
            in: 'query',
            schema: { enum: ['trouble', 'outages', 'id'] },
            description:
              'those in trouble first, as in the dashboard; those with the most outages first; or by their ids',
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
        summary: 'Forgets a client: its id is new when it comes again, in the store too',
        responses: { 204: { description: 'forgotten' }, 404: unknownClient, ...always },
      },
    },
    '/clients/{id}/disconnect': {
      parameters: [id],
      post: {
        summary: 'Ends the link of a client; its session stays, and it may come again',
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
          number(
            'waitMs',
            'for how long to wait for the ack: default 10,000, at most 60,000, and 0 for not at all',
          ),
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
          408: { description: 'the request has not come as a whole in time' },
          410: refused('the client was closed or forgotten meanwhile; the line may have arrived'),
          413: refused('the body is too long'),
          415: refused('the body is not JSON'),
          429: refused('too many lines to this client are not acked'),
          ...always,
        },
      },
    },
    '/events': {
      get: {
        summary: 'Events as they come (server-sent events)',
        description:
          'The events are up, down, refused, duplicate, peer-error, gone, and with lines=true also line, which have no id. The data of each is a JSON object with the time, `at`. `missed` says that events since last-event-id are not kept any more.',
        parameters: [
          {
            name: 'client',
            in: 'query',
            schema: text,
            description: 'what is about the client with this id alone',
          },
          { name: 'lines', in: 'query', schema: { type: 'boolean' }, description: 'with lines too' },
          {
            name: 'last-event-id',
            in: 'header',
            schema: text,
            description: 'the events since this one come first',
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
        summary: 'Whether this process answers',
        security: [],
        responses: { 200: json(object({ ok: { const: true } }), 'it does'), 403: always[403] },
      },
    },
    '/readyz': {
      get: {
        summary: 'Whether the server takes clients',
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
            'how many lines took longer from write to ack than the bound before, and at most as long as this one; last, those above all',
        },
      }),
      Error: object({ error: object({ code: text, message: text }) }),
    },
  },
};
