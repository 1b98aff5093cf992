// The nodes of a simulation, and which of them the network takes for the owner of the address.
import type { SimNode } from './sim-node.js';

/** @internal One node that always owns the address, or several of which one does. */
export class Cluster {
  readonly nodes: readonly SimNode[];
  /** Where packets for the address go; undefined = nobody ever took it. */
  owner: SimNode | undefined;

  readonly #holders: Set<SimNode> = new Set();

  constructor(nodes: readonly SimNode[]) {
    this.nodes = nodes;
    this.owner = nodes.length === 1 ? nodes[0] : undefined;
  }

  /** Packets for the address get to this node, and its kernel takes them. */
  holds(node: SimNode): boolean {
    return this.nodes.length === 1 || this.#holders.has(node);
  }

  /** The node has the address. */
  take(node: SimNode): void {
    this.#holders.add(node);
  }

  /** It has it no longer. */
  drop(node: SimNode): void {
    this.#holders.delete(node);
  }

  find(name: string): SimNode | undefined {
    return this.nodes.find((node) => node.name === name);
  }
}
