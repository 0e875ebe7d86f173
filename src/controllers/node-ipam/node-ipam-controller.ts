/** Gives every node the blocks that its pods' addresses come from. */
import type { Node } from "../../api/core/v1/node.ts";
import { errorText } from "../../client/errors.ts";
import { nodes } from "../../client/resources.ts";
import type { Controller } from "../controller.ts";
import { createQueue, runLoop } from "../shared/loop.ts";
import { CidrSet } from "./cidr-set.ts";

export interface NodeIpamOptions {
  /** One block, or one of each family with a comma between. */
  readonly podSubnet: string;
  /** Default 24. */
  readonly maskIPv4?: number;
  /** Default 64. */
  readonly maskIPv6?: number;
}

export function nodeIpamController({ podSubnet, maskIPv4 = 24, maskIPv6 = 64 }: NodeIpamOptions): Controller {
  return {
    name: "node-ipam-controller",
    account: "node-controller",
    eventSource: "cidrAllocator",
    run: (context) => {
      const sets = podSubnet.split(",").map((block) => new CidrSet(block.trim(), block.includes(":") ? maskIPv6 : maskIPv4));
      const known = context.informers.informer(nodes);
      const queue = createQueue(context);
      const blocksOf = (node: Node) => node.spec.podCIDRs ?? (node.spec.podCIDR === undefined ? [] : [node.spec.podCIDR]);
      const occupy = (node: Node) => {
        for (const block of blocksOf(node)) for (const set of sets) set.occupy(block);
      };
      known.addHandler({
        add: (node) => {
          occupy(node);
          if (blocksOf(node).length === 0) queue.add(node.metadata.name);
        },
        update: (node) => {
          occupy(node);
          if (blocksOf(node).length === 0) queue.add(node.metadata.name);
        },
        delete: (node) => {
          for (const block of blocksOf(node)) for (const set of sets) set.release(block);
        },
      });
      const reconcile = async (name: string) => {
        const node = known.get(name);
        if (node === undefined || blocksOf(node).length > 0) return undefined;
        const blocks = sets.map((set) => set.allocate());
        const given = blocks.filter((block) => block !== undefined);
        try {
          if (given.length < sets.length) throw new Error("no block is left");
          const { uid } = node.metadata;
          await context.client.of(nodes).patch(name, { metadata: { uid }, spec: { podCIDR: given[0], podCIDRs: given } }, { type: "merge" });
        } catch (error) {
          for (const [index, block] of blocks.entries()) if (block !== undefined) sets[index]?.release(block);
          if (given.length < sets.length) context.events.event(node, "Normal", "CIDRNotAvailable", `Node ${name} status is now: CIDRNotAvailable`);
          throw new Error(`cannot allocate a pod CIDR for node ${name}: ${errorText(error)}`, { cause: error });
        }
        return undefined;
      };
      // One at a time: what one node gets, the next must not.
      return runLoop(context, { queue, concurrency: 1, reconcile });
    },
  };
}
