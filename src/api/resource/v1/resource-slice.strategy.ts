/** What becomes of slices on their way in (pkg/registry/resource/resourceslice): alpha fields go, taints get a time. */
import { timeText } from "../../../machinery/time.ts";
import type { StrategyContext } from "../../resource.ts";
import type { Device, ResourceSlice } from "./resource-slice.ts";

/** Values of DRAListTypeAttributes, off by default in v1.36. */
const listValues = ["bools", "ints", "strings", "versions"] as const;

const usesLists = ({ attributes = {} }: Device) => Object.values(attributes).some((attribute) => listValues.some((field) => attribute[field] !== undefined));
/** DRANodeAllocatableResources, off by default in v1.36. */
const usesMappings = ({ nodeAllocatableResourceMappings = {} }: Device) => Object.keys(nodeAllocatableResourceMappings).length > 0;

export function completeNew(slice: ResourceSlice, context: StrategyContext): void {
  complete(slice, [], context);
}

export function completeUpdated(slice: ResourceSlice, old: ResourceSlice, context: StrategyContext): void {
  complete(slice, old.spec.devices ?? [], context);
}

/** Fields of features that are off are dropped, unless the stored object has them already. */
function complete({ spec }: ResourceSlice, old: readonly Device[], { now }: StrategyContext): void {
  const [lists, mappings] = [old.some(usesLists), old.some(usesMappings)];
  for (const device of spec.devices ?? []) {
    if (!lists) for (const attribute of Object.values(device.attributes ?? {})) for (const field of listValues) delete attribute[field];
    if (!mappings) delete device.nodeAllocatableResourceMappings;
    for (const taint of device.taints ?? []) taint.timeAdded ??= timeText(now);
  }
}
