/** What the stored objects of a process share. There is one for all its resources: what is bounded is the process's memory. */
import { SelectableTexts } from "./selectable.ts";
import { SharedTexts } from "./shared-texts.ts";
import { WarmObjects } from "./warm-objects.ts";
import { WriteSlab } from "./write-slab.ts";

/** JSON bytes of the objects that are kept parsed: some four thousand pods, which take twice as much. */
const warmBytes = 20 << 20;

export class ObjectMemory {
  readonly warm: WarmObjects;
  readonly writes: WriteSlab = new WriteSlab();
  readonly texts: SharedTexts = new SharedTexts();
  readonly selectable: SelectableTexts = new SelectableTexts();

  constructor(limitBytes: number = warmBytes) {
    this.warm = new WarmObjects(limitBytes);
  }
}

export const processMemory: ObjectMemory = new ObjectMemory();
