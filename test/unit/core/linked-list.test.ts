import { describe, expect, test } from 'vitest';
import { type Linked, LinkedList } from '../../../src/core/linked-list.js';

class Item implements Linked<Item> {
  previousLinked: Item | undefined = undefined;
  nextLinked: Item | undefined = undefined;
  readonly name: string;
  constructor(name: string) {
    this.name = name;
  }
}

function filled(...names: string[]): { list: LinkedList<Item>; items: Item[] } {
  const list = new LinkedList<Item>();
  const items = names.map((name) => new Item(name));
  for (const item of items) list.add(item);
  return { list, items };
}

const namesOf = (list: LinkedList<Item>): string => [...list].map(({ name }) => name).join('');

describe('LinkedList', () => {
  test('keeps the order of arrival', () => {
    const { list } = filled('a', 'b', 'c');
    expect(namesOf(list)).toBe('abc');
    expect(list.size).toBe(3);
  });

  test.each([
    [0, 'bc'],
    [1, 'ac'],
    [2, 'ab'],
  ])('takes number %i out, and the others stay', (index, left) => {
    const { list, items } = filled('a', 'b', 'c');
    expect(list.delete(items[index]!)).toBe(true);
    expect(namesOf(list)).toBe(left);
    expect(list.size).toBe(2);
    expect(list.has(items[index]!)).toBe(false);
  });

  test('knows who is in it, also when there is one only', () => {
    const { list, items } = filled('a');
    expect(list.has(items[0]!)).toBe(true);
    expect(list.has(new Item('b'))).toBe(false);
    expect(list.delete(items[0]!)).toBe(true);
    expect(list.has(items[0]!)).toBe(false);
    expect(list.size).toBe(0);
  });

  test('takes nobody out twice, nor a stranger', () => {
    const { list, items } = filled('a', 'b');
    list.delete(items[0]!);
    expect(list.delete(items[0]!)).toBe(false);
    expect(list.delete(new Item('c'))).toBe(false);
    expect(namesOf(list)).toBe('b');
  });

  test('takes back who was taken out, at the end', () => {
    const { list, items } = filled('a', 'b');
    list.delete(items[0]!);
    list.add(items[0]!);
    expect(namesOf(list)).toBe('ba');
  });

  test('may change while it is gone through', () => {
    const { list } = filled('a', 'b', 'c');
    const seen: string[] = [];
    for (const item of list) {
      seen.push(item.name);
      list.delete(item);
    }
    expect(seen).toEqual(['a', 'b', 'c']);
    expect(list.size).toBe(0);
  });

  test('leaves nothing that holds on to who is gone', () => {
    const { list, items } = filled('a', 'b', 'c');
    list.delete(items[1]!);
    expect(items[1]!.previousLinked).toBeUndefined();
    expect(items[1]!.nextLinked).toBeUndefined();
    list.delete(items[0]!);
    list.delete(items[2]!);
    expect(namesOf(list)).toBe('');
  });
});
