/**
 * containerd's own event stream, which every version has on the socket that CRI is served on: tells at once when a
 * task ends, where containerd before 1.7 has no CRI events. An accelerator only: other runtimes answer UNIMPLEMENTED.
 */
import * as grpc from "@grpc/grpc-js";

/** Ids of tasks (containers and sandboxes) that have just ended, until the signal aborts. Rejects when the stream breaks. */
export async function* containerdExits(endpoint: string, signal: AbortSignal): AsyncGenerator<string> {
  const path = endpoint.replace(/^unix:(\/\/)?/, "");
  const client = new grpc.Client(`unix:${path}`, grpc.credentials.createInsecure(), { "grpc.max_reconnect_backoff_ms": 2000 });
  const stream = client.makeServerStreamRequest(
    "/containerd.services.events.v1.Events/Subscribe",
    (request: Buffer) => request,
    exitedTask,
    subscribeRequest(),
  );
  const cancel = () => stream.cancel();
  signal.addEventListener("abort", cancel, { once: true });
  try {
    for await (const id of stream) if (id !== "") yield id as string;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", cancel);
    stream.cancel();
    client.close();
  }
}

/** SubscribeRequest { repeated string filters = 1 }. */
function subscribeRequest(): Buffer {
  const filter = Buffer.from('topic=="/tasks/exit",namespace==k8s.io');
  return Buffer.concat([Buffer.from([0x0a, filter.length]), filter]);
}

/**
 * Envelope { namespace = 2, topic = 3, google.protobuf.Any event = 4 { value = 2: TaskExit } }, where
 * TaskExit { container_id = 1, id = 2 }. "" for the exit of an exec, whose id differs from its container's.
 */
export function exitedTask(envelope: Buffer): string {
  const event = fieldBytes(envelope, 4);
  const exit = event === undefined ? undefined : fieldBytes(event, 2);
  if (exit === undefined) return "";
  const containerId = fieldBytes(exit, 1)?.toString() ?? "";
  const id = fieldBytes(exit, 2)?.toString() ?? "";
  return id === "" || id === containerId ? containerId : "";
}

/** The first length-delimited field of this number. */
function fieldBytes(message: Buffer, number: number): Buffer | undefined {
  for (let at = 0; at < message.length; ) {
    const [tag, afterTag] = varint(message, at);
    const wireType = tag & 7;
    const [value, afterValue] = varint(message, afterTag);
    if (wireType === 2) {
      if (tag >> 3 === number) return message.subarray(afterValue, afterValue + value);
      at = afterValue + value;
    } else if (wireType === 0) at = afterValue;
    else if (wireType === 1) at = afterTag + 8;
    else if (wireType === 5) at = afterTag + 4;
    else return undefined;
  }
  return undefined;
}

/** Lengths and tags stay far below 2^31; longer varints (exit times) are skipped, so their value does not matter. */
function varint(message: Buffer, start: number): [value: number, end: number] {
  let value = 0;
  let at = start;
  for (let shift = 0; at < message.length; shift += 7) {
    const byte = message[at++]!;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) break;
  }
  return [value >>> 0, at];
}
