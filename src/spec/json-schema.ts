// The schema as JSON Schema (draft 2020-12), for editors: what a user may write, short forms included.
import { z } from 'zod';
import { balancerSchema } from './balancer.js';
import { serviceSchema } from './service.js';
import { descriptions } from './shape.js';

/**
 * The JSON Schema of a spec file, with descriptions. It knows shapes and ranges;
 * rules between fields (names that must exist, what a protocol can't do) are known to a parse only.
 */
export function jsonSchema(): object {
  const schema = z.toJSONSchema(z.union([balancerSchema, serviceSchema]), {
    target: 'draft-2020-12',
    io: 'input',
    unrepresentable: 'any',
    metadata: descriptions,
  });
  const { $schema, ...rest } = schema;
  return {
    $schema,
    title: 'evenkeel spec',
    description: 'A load balancer: frontends, pools and monitors, or one service written flat.',
    ...rest,
  };
}
