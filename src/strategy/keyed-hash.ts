// One value of the request decides the member: its path, a header, a cookie, a query field.
import { fnv1a, sdbm } from '../core/hash.js';
import type { Member } from '../model/member.js';
import type { AttributeKind, PickContext } from '../model/pick-context.js';
import type { HashKeyConfig } from '../spec/config.js';
import { type HashTable, spread } from './hash-table.js';
import { Ketama } from './ketama.js';
import { Maglev } from './maglev.js';
import { ModuloMap } from './modulo.js';
import { Rendezvous } from './rendezvous.js';
import { RoundRobin } from './round-robin.js';
import type { Eligible, Picker, Strategy } from './strategy.js';

/** How keys are mapped to members; see docs/strategies.md. */
export type KeyMapping = 'rendezvous' | 'maglev' | 'ketama' | 'modulo';

const TABLES: Readonly<Record<KeyMapping, new (members: readonly Member[]) => HashTable>> = {
  rendezvous: Rendezvous,
  maglev: Maglev,
  ketama: Ketama,
  modulo: ModuloMap,
};

/** Hashes a request's key; a request without it is balanced round robin. */
export class KeyedHash implements Strategy {
  readonly name = 'hash';
  readonly isSticky = true;
  readonly #key: HashKeyConfig;
  readonly #mapping: KeyMapping;
  readonly #roundRobin = new RoundRobin();

  /** @param mapping - @defaultValue 'rendezvous' */
  constructor(key: HashKeyConfig, mapping: KeyMapping = 'rendezvous') {
    this.#key = key;
    this.#mapping = mapping;
  }

  build(members: readonly Member[], previous?: Picker): Picker {
    const before = previous instanceof KeyedPicker ? previous.keyless : undefined;
    const keyless = this.#roundRobin.build(members, before);
    const table = new TABLES[this.#mapping](members);
    return new KeyedPicker(
      this.#key,
      this.#mapping === 'modulo' ? sdbm : spreadText,
      table,
      keyless,
    );
  }
}

class KeyedPicker implements Picker {
  readonly keyless: Picker;
  readonly #kind: AttributeKind;
  readonly #name: string;
  readonly #hash: (text: string, end: number) => number;
  readonly #table: HashTable;

  constructor(
    key: HashKeyConfig,
    hash: (text: string, end: number) => number,
    table: HashTable,
    keyless: Picker,
  ) {
    [this.#kind, this.#name] = attributeOf(key);
    this.#hash = hash;
    this.#table = table;
    this.keyless = keyless;
  }

  pick(context: PickContext, isEligible: Eligible): Member | undefined {
    const value = context.attribute(this.#kind, this.#name);
    if (value === undefined) return this.keyless.pick(context, isEligible);
    // As in HAProxy's `balance uri`, a uri counts up to its query.
    const query = this.#kind === 'uri' ? value.indexOf('?') : -1;
    const key = this.#hash(value, query < 0 ? value.length : query);
    return this.#table.find(key, context, isEligible);
  }
}

function attributeOf(key: HashKeyConfig): [AttributeKind, string] {
  if (typeof key === 'string') return [key, ''];
  if ('header' in key) return ['header', key.header];
  return 'cookie' in key ? ['cookie', key.cookie] : ['query', key.query];
}

function spreadText(text: string, end: number): number {
  return spread(fnv1a(text, undefined, end));
}
