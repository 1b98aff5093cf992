import { createTraceState, ROOT_CONTEXT, trace } from '@opentelemetry/api';
import { describe, expect, test } from 'vitest';
import { W3cPropagator } from '../../../src/tracing/w3c-propagator.js';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const SPAN = 'b7ad6b7169203331';
const propagator = new W3cPropagator();

type Headers = Record<string, string | string[]>;
const getter = {
  keys: Object.keys,
  get: (carrier: Headers, name: string): string | string[] | undefined => carrier[name],
};

function extract(headers: Headers) {
  return trace.getSpanContext(propagator.extract(ROOT_CONTEXT, headers, getter));
}

function inject(traceFlags: number, state?: string, traceId = TRACE): Headers {
  const carrier: Headers = {};
  const traceState = state === undefined ? {} : { traceState: createTraceState(state) };
  const span = { traceId, spanId: SPAN, traceFlags, ...traceState };
  propagator.inject(trace.setSpanContext(ROOT_CONTEXT, span), carrier, {
    set: (target: Headers, name, value) => {
      target[name] = value;
    },
  });
  return carrier;
}

describe('W3cPropagator', () => {
  test.each([
    ['sampled', `00-${TRACE}-${SPAN}-01`, 1],
    ['not sampled', `00-${TRACE}-${SPAN}-00`, 0],
    ['flags of which nothing is known', `00-${TRACE}-${SPAN}-fe`, 0],
    ['a version to come', `01-${TRACE}-${SPAN}-01`, 1],
    ['a version to come with more behind it', `cc-${TRACE}-${SPAN}-01-what-the-future`, 1],
    ['blanks around it', ` 00-${TRACE}-${SPAN}-01\t`, 1],
  ])('reads a traceparent: %s', (_, traceparent, traceFlags) => {
    expect(extract({ traceparent })).toEqual({
      traceId: TRACE,
      spanId: SPAN,
      traceFlags,
      isRemote: true,
    });
  });

  test.each([
    ['nothing', ''],
    ['upper case', `00-${TRACE.toUpperCase()}-${SPAN}-01`],
    ['more behind version 00', `00-${TRACE}-${SPAN}-01-x`],
    ['version ff', `ff-${TRACE}-${SPAN}-01`],
    ['a trace of zeros', `00-${'0'.repeat(32)}-${SPAN}-01`],
    ['a span of zeros', `00-${TRACE}-${'0'.repeat(16)}-01`],
    ['one digit short', `00-${TRACE.slice(1)}-${SPAN}-01`],
    ['a digit that is none', `00-${TRACE}-${SPAN}-0g`],
    ['two of them', `00-${TRACE}-${SPAN}-01, 00-${TRACE}-${SPAN}-01`],
  ])('counts as absent: %s', (_, traceparent) => {
    expect(extract({ traceparent, tracestate: 'a=1' })).toBeUndefined();
  });

  test('reads a tracestate of one line or several', () => {
    const traceparent = `00-${TRACE}-${SPAN}-01`;
    const one = extract({ traceparent, tracestate: 'a=1, b=2' });
    expect(one?.traceState?.get('b')).toBe('2');
    const two = extract({ traceparent, tracestate: ['a=1', 'b=2'] });
    expect(two?.traceState?.serialize()).toBe('a=1,b=2');
  });

  test('writes what it would read', () => {
    expect(inject(1, 'a=1')).toEqual({
      traceparent: `00-${TRACE}-${SPAN}-01`,
      tracestate: 'a=1',
    });
    expect(inject(0)).toEqual({ traceparent: `00-${TRACE}-${SPAN}-00` });
  });

  test('writes nothing for a span that is none', () => {
    expect(inject(1, undefined, '0'.repeat(32))).toEqual({});
  });

  test('names its headers', () => {
    expect(propagator.fields()).toEqual(['traceparent', 'tracestate']);
  });
});
