// Asks the strategy for a member among those that serve now.
import type { Member } from '../model/member.js';
import type { AttributeKind, PickContext } from '../model/pick-context.js';
import type { Eligible, Picker, Strategy } from '../strategy/strategy.js';
import { PooledMember } from './pooled-member.js';
import { markServing, type Serving } from './serving.js';

const NOTHING_TRIED: readonly Member[] = Object.freeze([]);

/** @internal The settings of a pool that decide who is chosen. */
export interface ChoosingRules {
  readonly panicThreshold: number;
  readonly backups: 'first' | 'all';
  readonly onMemberDown: 'next' | 'refuse' | 'keep';
}

/** @internal What a strategy built for one set of members. */
export interface Tables {
  readonly ordinary: Picker;
  readonly backups: Picker | undefined;
}

/**
 * @internal The frozen tables of one pool, and the questions asked of them.
 * The tables are built when members or weights change; flips only move marks on the members.
 */
export class Chooser {
  #strategy: Strategy;
  #rules: ChoosingRules;
  #members: readonly PooledMember[] = [];
  #tables: Tables | undefined;
  readonly #onFault: (error: unknown) => void;
  #hasFailed = false;
  /** Whose turn it is while the strategy throws. */
  #turn = 0;
  #serving: Serving = { mode: 'none', areBackups: false };
  #isSticky: boolean;
  #refuses: boolean;
  /** The question at hand, where the bound tests below can see it. */
  #tried: readonly Member[] = NOTHING_TRIED;
  readonly #homeQuestion: HomeQuestion = new HomeQuestion();

  /** @param onFault - hears of the first pick that throws, once per table */
  constructor(strategy: Strategy, rules: ChoosingRules, onFault: (error: unknown) => void) {
    this.#onFault = onFault;
    this.#strategy = strategy;
    this.#rules = rules;
    this.#isSticky = strategy.isSticky === true;
    this.#refuses = this.#isSticky && rules.onMemberDown === 'refuse';
  }

  get rules(): ChoosingRules {
    return this.#rules;
  }

  get serving(): Serving {
    return this.#serving;
  }

  get strategy(): Strategy {
    return this.#strategy;
  }

  /** Takes other settings; {@link use} then brings the tables of the new strategy. */
  configure(strategy: Strategy, rules: ChoosingRules): void {
    this.#strategy = strategy;
    this.#rules = rules;
    this.#isSticky = strategy.isSticky === true;
    this.#refuses = this.#isSticky && rules.onMemberDown === 'refuse';
  }

  /**
   * Builds tables for these members and changes nothing yet. A strategy of the same name goes on where the old one was.
   * @throws what a strategy of the host's throws
   */
  draw(members: readonly PooledMember[], strategy: Strategy = this.#strategy): Tables {
    const before = strategy.name === this.#strategy.name ? this.#tables : undefined;
    const backups = members.filter((member) => member.backup);
    return {
      ordinary: strategy.build(
        members.filter((member) => !member.backup),
        before?.ordinary,
      ),
      backups: backups.length > 0 ? strategy.build(backups, before?.backups) : undefined,
    };
  }

  /** Chooses among these members from now on. */
  use(members: readonly PooledMember[], tables: Tables): void {
    this.#members = members;
    this.#tables = tables;
    this.#hasFailed = false;
  }

  /** Marks anew who serves: health, state or ejection flipped. */
  refresh(nowMs: number): void {
    this.#serving = markServing(this.#members, this.#rules.panicThreshold, nowMs);
  }

  /**
   * The member for a client. A full one means: this client belongs to it and waits for it.
   * Undefined: nobody is left, or all that are left are full (see {@link hasCandidate}).
   */
  choose(context: PickContext): PooledMember | undefined {
    this.#tried = context.tried;
    if (this.#serving.areBackups) return this.#chooseBackup(context, this.#isOpen);
    const isFree = this.#isSticky ? this.#isServing : this.#isOpen;
    const member = this.#pick(this.#tables?.ordinary, context, isFree);
    if (member !== undefined || context.tried.length === 0) return member;
    // A retry that has tried every ordinary member goes on with the backups.
    return this.#members.some(this.#isServing)
      ? undefined
      : this.#chooseBackup(context, this.#isOpenBackup);
  }

  /** Whether there is a member that this client may wait for. */
  hasCandidate(context: PickContext): boolean {
    this.#tried = context.tried;
    if (this.#members.some(this.#isServing)) return true;
    return context.tried.length > 0 && this.#members.some(this.#isFitBackup);
  }

  /** Whether a member serves the clients that are bound to it: also one that drains, or whose weight is 0. */
  servesOwn(member: PooledMember, nowMs: number): boolean {
    if (member.isServing) return true;
    const { admin, health, ejectedUntil } = member.state;
    if (member.hasLeft || member.awaitsFirstCheck) return false;
    return admin !== 'maintenance' && health !== 'down' && ejectedUntil <= nowMs;
  }

  /** With `onMemberDown: refuse`: whether this client belongs to a member that is out of order. */
  isHomeDown(context: PickContext): boolean {
    if (!this.#refuses || this.#serving.mode === 'panic') return false;
    const question = this.#homeQuestion.of(context);
    const home = this.#homeOf(question);
    question.forget();
    // A request without the key belongs to nobody.
    if (home === undefined || question.isKeyMissing) return false;
    if (home.isServing || context.tried.includes(home)) return false;
    const { health, admin, ejectedUntil } = home.state;
    return health === 'down' || admin === 'maintenance' || ejectedUntil > context.nowMs;
  }

  /** Lets the strategy look at whatever it goes by, so that a context which remembers has it later. */
  showTo(context: PickContext): void {
    this.#homeOf(context);
  }

  /** Asks a table; the pool gives a strategy only members of its own, so what else it comes back with is nobody. */
  #pick(
    picker: Picker | undefined,
    context: PickContext,
    isEligible: Eligible,
  ): PooledMember | undefined {
    try {
      const member = picker?.pick(context, isEligible);
      return member instanceof PooledMember ? member : undefined;
    } catch (error) {
      this.#report(error);
      return this.#takeTurns(isEligible);
    }
  }

  #homeOf(context: PickContext): PooledMember | undefined {
    const picker = this.#tables?.ordinary;
    try {
      const member =
        picker?.home === undefined ? picker?.pick(context, isAnyone) : picker.home(context);
      return member instanceof PooledMember ? member : undefined;
    } catch (error) {
      this.#report(error);
      return undefined;
    }
  }

  #report(error: unknown): void {
    if (!this.#hasFailed) this.#onFault(error);
    this.#hasFailed = true;
  }

  /** Stands in for a strategy of the host's that throws: clients are served all the same. */
  #takeTurns(isEligible: Eligible): PooledMember | undefined {
    for (let step = 0; step < this.#members.length; step++) {
      this.#turn = (this.#turn + 1) % this.#members.length;
      const member = this.#members[this.#turn];
      if (member !== undefined && isEligible(member)) return member;
    }
    return undefined;
  }

  #chooseBackup(
    context: PickContext,
    isOpen: (member: Member) => boolean,
  ): PooledMember | undefined {
    if (this.#rules.backups === 'all') {
      // A backup is nobody's home: a full one is passed over whatever the strategy.
      return this.#pick(this.#tables?.backups, context, isOpen);
    }
    const isCandidate = isOpen === this.#isOpen ? this.#isServing : this.#isFitBackup;
    return this.#members.find(isCandidate);
  }

  #isTried(member: Member): boolean {
    return this.#tried.length > 0 && this.#tried.includes(member);
  }

  // The strategies get one of these, bound once: a pick makes no closure.
  readonly #isServing = (member: Member): boolean =>
    member instanceof PooledMember && member.isServing && !this.#isTried(member);

  readonly #isOpen = (member: Member): boolean =>
    member instanceof PooledMember &&
    member.isServing &&
    member.state.active < member.maxConnections &&
    !this.#isTried(member);

  readonly #isFitBackup = (member: Member): boolean =>
    member instanceof PooledMember && member.backup && member.isFit && !this.#isTried(member);

  readonly #isOpenBackup = (member: Member): boolean =>
    this.#isFitBackup(member) && member.state.active < member.maxConnections;
}

/** A question that notices whether the strategy asked for a key that is not there; reused. */
class HomeQuestion implements PickContext {
  #context: PickContext | undefined;
  source = '';
  nowMs = 0;
  readonly tried: readonly Member[] = NOTHING_TRIED;
  isKeyMissing = false;

  of(context: PickContext): this {
    this.#context = context;
    this.source = context.source;
    this.nowMs = context.nowMs;
    this.isKeyMissing = false;
    return this;
  }

  /** Nobody may keep the asker's object. */
  forget(): void {
    this.#context = undefined;
  }

  attribute(kind: AttributeKind, name: string): string | undefined {
    const value = this.#context?.attribute(kind, name);
    if (value === undefined) this.isKeyMissing = true;
    return value;
  }
}

function isAnyone(): boolean {
  return true;
}
