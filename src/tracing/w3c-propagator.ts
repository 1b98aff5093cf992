// W3C Trace Context: `traceparent` and `tracestate` read and written.
// Source: W3C Trace Context, level 1 (2021) 3.2 and 3.3.
import {
  type Context,
  createTraceState,
  isSpanContextValid,
  type TextMapGetter,
  type TextMapPropagator,
  type TextMapSetter,
  trace,
} from '@opentelemetry/api';

const TRACEPARENT = 'traceparent';
const TRACESTATE = 'tracestate';
/** `00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01`; versions to come may have more behind it. */
const FORM = /^([0-9a-f]{2})-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;

/** Carries the context of a trace in the two headers of the W3C. What is malformed counts as absent. */
export class W3cPropagator implements TextMapPropagator {
  /** Writes the context's span; nothing for one that is not valid, as when no SDK is registered. */
  inject(context: Context, carrier: unknown, setter: TextMapSetter): void {
    const span = trace.getSpanContext(context);
    if (span === undefined || !isSpanContextValid(span)) return;
    const flags = (span.traceFlags & 0xff).toString(16).padStart(2, '0');
    setter.set(carrier, TRACEPARENT, `00-${span.traceId}-${span.spanId}-${flags}`);
    const state = span.traceState?.serialize() ?? '';
    if (state !== '') setter.set(carrier, TRACESTATE, state);
  }

  extract(context: Context, carrier: unknown, getter: TextMapGetter): Context {
    const parts = FORM.exec(textOf(getter.get(carrier, TRACEPARENT)));
    if (parts === null) return context;
    const [, version = '', traceId = '', spanId = '', flags = '', more] = parts;
    if (version === 'ff' || (version === '00' && more !== undefined)) return context;
    const state = textOf(getter.get(carrier, TRACESTATE));
    const span = {
      traceId,
      spanId,
      // Of flags to come nothing is known.
      traceFlags: Number.parseInt(flags, 16) & 1,
      isRemote: true,
      ...(state === '' ? {} : { traceState: createTraceState(state) }),
    };
    return isSpanContextValid(span) ? trace.setSpanContext(context, span) : context;
  }

  fields(): string[] {
    return [TRACEPARENT, TRACESTATE];
  }
}

function textOf(value: string | string[] | undefined): string {
  return (Array.isArray(value) ? value.join(',') : (value ?? '')).trim();
}
