// h2load, its report read.
import { runOn } from './children.mjs';

/** Header fields that make a request about 300 bytes long, as those of wrk are. */
const HEADERS = [
  'accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'accept-language: en-GB,en;q=0.5',
  'accept-encoding: gzip, deflate',
  'cookie: session=0123456789abcdef0123456789abcdef',
];

/**
 * Loads a server with HTTP/2 for some seconds.
 * @returns {Promise<{requests: number, seconds: number, errors: number}>}
 */
export async function runH2load(core, { url, seconds, connections, streams }) {
  const output = await runOn(core, [
    'h2load',
    '--threads=1',
    `--clients=${connections}`,
    `--max-concurrent-streams=${streams}`,
    `--duration=${seconds}`,
    ...HEADERS.flatMap((header) => ['--header', header]),
    url,
  ]);
  const counts =
    /requests: (\d+) total, \d+ started, (\d+) done, (\d+) succeeded, (\d+) failed, (\d+) errored/.exec(
      output,
    );
  const good = /status codes: (\d+) 2xx/.exec(output);
  if (counts === null || good === null) throw new Error(`h2load gave no result\n${output}`);
  const requests = Number(counts[2]);
  // Heads of answers that were under way at the end have counted already.
  return { requests, seconds, errors: Math.max(0, requests - Number(good[1])) };
}
