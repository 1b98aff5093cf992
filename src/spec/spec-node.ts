// A place in a spec that may be faulty elsewhere: rules read it, skip what is missing or of a wrong type, and report.
import type { ErrorCode, SpecIssue } from '../core/errors.js';
import { joinPath, type PathSegment } from './path.js';

/** A value of a spec and its path. Reading never fails: what is not there reads as undefined. */
export class SpecNode {
  readonly value: unknown;
  readonly path: string;
  readonly #issues: SpecIssue[];

  /** @param issues - where {@link fault} reports to */
  constructor(value: unknown, issues: SpecIssue[], path = '') {
    this.value = value;
    this.path = path;
    this.#issues = issues;
  }

  /** The field or item at `segment`. */
  get(segment: PathSegment): SpecNode {
    const { value } = this;
    const inner: unknown =
      typeof value === 'object' && value !== null && Object.hasOwn(value, segment)
        ? Reflect.get(value, segment)
        : undefined;
    return new SpecNode(inner, this.#issues, joinPath(this.path, segment));
  }

  /** The items of a list; none if it is none. */
  get items(): readonly SpecNode[] {
    return Array.isArray(this.value) ? this.value.map((_, index) => this.get(index)) : [];
  }

  /** The items of a list, or the one value that stands for a list of one. */
  get itemsOrSelf(): readonly SpecNode[] {
    if (Array.isArray(this.value)) return this.items;
    return this.isPresent ? [this] : [];
  }

  get isPresent(): boolean {
    return this.value !== undefined;
  }

  /** Neither missing nor an empty list or object. */
  get isFilled(): boolean {
    const { value } = this;
    return typeof value === 'object' && value !== null
      ? Object.keys(value).length > 0
      : value !== undefined;
  }

  get isObject(): boolean {
    return typeof this.value === 'object' && this.value !== null && !Array.isArray(this.value);
  }

  /** The value if it is a text. */
  get text(): string | undefined {
    return typeof this.value === 'string' ? this.value : undefined;
  }

  /** Reports a fault at this place. */
  fault(message: string, code: ErrorCode = 'EK_SPEC_INVALID'): void {
    this.#issues.push({ path: this.path, code, message });
  }
}
