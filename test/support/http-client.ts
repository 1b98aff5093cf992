// A small HTTP client for tests: one request, or a steady load that counts every fault.
import { Agent, request as httpRequest } from 'node:http';

/** An answer, read whole. */
export interface Reply {
  readonly status: number;
  readonly body: string;
}

/** What to send besides a GET. */
export interface SendOptions {
  readonly method?: string;
  readonly body?: string;
  /** @defaultValue a connection of its own */
  readonly agent?: Agent;
}

/** Sends one request to 127.0.0.1; rejects when the connection ends before the answer is whole. */
export function send(port: number, path: string = '/', options: SendOptions = {}): Promise<Reply> {
  const { method = 'GET', body, agent = false } = options;
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port, path, method, agent }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => (text += chunk));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, body: text }));
      response.on('error', reject);
    });
    request.on('error', reject);
    request.end(body);
  });
}

/** Requests without a pause over kept connections, until it is stopped. */
export class Load {
  /** Answers by their body. */
  readonly answers: Map<string, number> = new Map();
  /** Everything that was not a 200. */
  readonly faults: string[] = [];
  readonly #agent: Agent;
  readonly #clients: Promise<void>[];
  #isOver = false;

  constructor(port: number, clients: number = 8) {
    this.#agent = new Agent({ keepAlive: true, maxSockets: clients });
    this.#clients = Array.from({ length: clients }, () => this.#client(port));
  }

  get count(): number {
    return [...this.answers.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Resolves when `count` more answers have come, or a fault. */
  async answered(count: number): Promise<void> {
    const goal = this.count + count;
    const faults = this.faults.length;
    while (this.count < goal && this.faults.length === faults)
      await new Promise<void>((resolve) => {
        setImmediate(resolve);
      });
  }

  async stop(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#clients);
    this.#agent.destroy();
  }

  async #client(port: number): Promise<void> {
    while (!this.#isOver)
      try {
        const { status, body } = await send(port, '/', { agent: this.#agent });
        if (status !== 200) this.faults.push(`status ${status}`);
        else this.answers.set(body, (this.answers.get(body) ?? 0) + 1);
      } catch (error) {
        this.faults.push(String(error));
      }
  }
}
