// The two messages of grpc.health.v1.Health/Check, by hand: a string out, an enum back.

/** Serving status by number. Source: grpc/health/v1/health.proto. */
const STATUSES = ['UNKNOWN', 'SERVING', 'NOT_SERVING', 'SERVICE_UNKNOWN'] as const;

/** HealthCheckRequest `{ string service = 1 }` with its gRPC frame: 00, 4 bytes length, then `0a len text`. */
export function renderHealthRequest(service: string): Buffer {
  const name = Buffer.from(service, 'utf8');
  const message =
    name.length === 0
      ? Buffer.alloc(0)
      : Buffer.concat([Buffer.from([0x0a, ...renderVarint(name.length)]), name]);
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  return Buffer.concat([frame, message]);
}

/** HealthCheckResponse `{ ServingStatus status = 1 }` in its frame -> the status' name, or what is wrong with it. */
export function parseHealthStatus(body: Buffer): string {
  if (body.length < 5 || body[0] !== 0 || body.readUInt32BE(1) !== body.length - 5)
    return 'malformed answer';
  const message = body.subarray(5);
  // proto3 leaves a field out when it is 0.
  if (message.length === 0) return STATUSES[0];
  if (message.length !== 2 || message[0] !== 0x08) return 'malformed answer';
  return STATUSES[message[1] ?? 0] ?? `status ${message[1]}`;
}

function renderVarint(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 127) {
    bytes.push((rest & 127) | 128);
    rest >>>= 7;
  }
  return [...bytes, rest];
}
