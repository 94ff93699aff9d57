import { describe, expect, it } from 'vitest';
import { ClosedError, IotError, LinkError, PeerError, StoreError, UsageError } from '../src/index.js';

describe('the errors', () => {
  it.each<readonly [name: string, error: IotError, code: string]>([
    ['UsageError', new UsageError('ERR_BAD_LINE', 'split it'), 'ERR_BAD_LINE'],
    ['PeerError', new PeerError('ERR_BAD_FRAME', 'split it'), 'ERR_BAD_FRAME'],
    ['LinkError', new LinkError('ERR_CONNECT', 'split it'), 'ERR_CONNECT'],
    ['StoreError', new StoreError('ERR_STORE_LOCKED', 'split it'), 'ERR_STORE_LOCKED'],
    ['ClosedError', new ClosedError('split it'), 'ERR_CLOSED'],
  ])('have a base, a name, a code and a message: %s', (name, error, code) => {
    expect(error).toBeInstanceOf(IotError);
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({ name, code, message: 'split it' });
    expect(String(error)).toBe(`${name}: split it`);
    expect(error.stack).toContain('errors.test.ts');
  });

  it('tell apart who is at fault by their class', () => {
    const error: IotError = new PeerError('ERR_BAD_UTF8', 'x');
    expect(error).not.toBeInstanceOf(UsageError);
    expect(error).not.toBeInstanceOf(LinkError);
    expect(error).not.toBeInstanceOf(ClosedError);
  });

  it('carry their cause', () => {
    const cause = new Error('ECONNREFUSED');
    expect(new LinkError('ERR_CONNECT', 'refused', { cause }).cause).toBe(cause);
    expect(new ClosedError('closed', { cause }).cause).toBe(cause);
    expect('cause' in new PeerError('ERR_BAD_FRAME', 'x')).toBe(false);
  });

  it('say on closing that a line already sent may have arrived', () => {
    expect(new ClosedError().message).toMatch(/may still have arrived/);
  });
});
