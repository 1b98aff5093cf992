import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Backlog } from '../../../../src/frontend/http/backlog.js';

describe('Backlog', () => {
  test('is a queue of bytes, whatever the pieces', () => {
    const step = fc.oneof(
      fc.record({ add: fc.uint8Array({ maxLength: 3000 }) }),
      fc.record({ drop: fc.nat(4000) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const backlog = new Backlog();
        let model = Buffer.alloc(0);
        for (const item of steps) {
          if ('add' in item) {
            backlog.append(Buffer.from(item.add), 0, item.add.length);
            model = Buffer.concat([model, item.add]);
          } else {
            const count = Math.min(item.drop, model.length);
            if (count > 0) backlog.consume(count);
            model = model.subarray(count);
          }
          expect(backlog.length).toBe(model.length);
          expect(backlog.layOut().subarray(0, backlog.length).equals(model)).toBe(true);
        }
        expect(backlog.takeAll().equals(model)).toBe(true);
        expect(backlog.length).toBe(0);
      }),
    );
  });
});
