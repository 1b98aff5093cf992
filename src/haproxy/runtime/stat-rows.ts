// `show stat` as rows: CSV text -> a record per proxy and server.

/** One line of `show stat`: a frontend, a backend, a server or a listener. Fields have HAProxy's names. */
export interface StatRow {
  /** Proxy name. */
  readonly proxy: string;
  /** `FRONTEND`, `BACKEND`, or the name of a server. */
  readonly name: string;
  /** `UP`, `UP 1/3`, `DOWN`, `DOWN 1/2`, `MAINT`, `DRAIN`, `NOLB`, `no check`, `OPEN`. */
  readonly status: string;
  /** A text field by HAProxy's name (`check_status`, `last_chk`); '' if it is empty or unknown to this version. */
  text(field: string): string;
  /** A number by HAProxy's name (`scur`, `stot`, `bin`, `weight`); 0 if it is empty. */
  number(field: string): number;
}

/**
 * Parses the answer to `show stat`. Columns are found by the names of the first line, so that versions with more of them do no harm.
 *
 * ```
 *   # pxname,svname,qcur,...          <- names
 *   b,s1,0,0,3,...,UP,...             <- quoted where a value has a comma
 * ```
 */
export function parseStat(csv: string): readonly StatRow[] {
  const [first = '', ...lines] = csv.split('\n');
  const columns = new Map(splitCsv(first.replace(/^# */, '')).map((name, at) => [name, at]));
  return lines.filter((line) => line !== '').map((line) => new CsvRow(columns, splitCsv(line)));
}

class CsvRow implements StatRow {
  readonly #columns: ReadonlyMap<string, number>;
  readonly #values: readonly string[];

  constructor(columns: ReadonlyMap<string, number>, values: readonly string[]) {
    this.#columns = columns;
    this.#values = values;
  }

  get proxy(): string {
    return this.text('pxname');
  }

  get name(): string {
    return this.text('svname');
  }

  get status(): string {
    return this.text('status');
  }

  text(field: string): string {
    const at = this.#columns.get(field);
    return at === undefined ? '' : (this.#values[at] ?? '');
  }

  number(field: string): number {
    const value = Number(this.text(field));
    return Number.isFinite(value) ? value : 0;
  }
}

function splitCsv(line: string): readonly string[] {
  if (!line.includes('"')) return line.split(',');
  const values: string[] = [];
  for (const match of line.matchAll(/(?:"((?:[^"]|"")*)"|([^,]*))(,|$)/g)) {
    values.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === '') break;
  }
  return values;
}
