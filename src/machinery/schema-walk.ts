/** Ways through schemas, which refer to each other in circles: what is worked out of one is so once, when first asked for. */
import { type FieldSchema, itemMessage, type MessageSchema } from "./schema.ts";

/** The message that a field's value, items or entries are of. */
export function fieldMessage(field: FieldSchema): MessageSchema | undefined {
  switch (field.kind) {
    case "scalar":
      return undefined;
    case "message":
      return field.message();
    case "list":
      return itemMessage(field.item);
    case "map":
      return itemMessage(field.value);
  }
}

/** `make`, called once for each message. */
export function oncePerMessage<T extends object | boolean>(make: (message: MessageSchema) => T): (message: MessageSchema) => T {
  const made = new WeakMap<MessageSchema, T>();
  return (message) => {
    const known = made.get(message);
    if (known !== undefined) return known;
    const fresh = make(message);
    made.set(message, fresh);
    return fresh;
  };
}

/** Whether a message, or any that can be reached from it, is one of those that `isOne` tells. */
export function reachesAny(isOne: (message: MessageSchema) => boolean): (message: MessageSchema) => boolean {
  return oncePerMessage((root) => {
    const seen = new Set([root]);
    for (const message of seen) {
      if (isOne(message)) return true;
      for (const field of Object.values(message.fields)) {
        const next = fieldMessage(field);
        if (next !== undefined) seen.add(next);
      }
    }
    return false;
  });
}
