/** The Maintenance service. */
import { createHash } from "node:crypto";
import type { ServerWritableStream, UntypedServiceImplementation } from "@grpc/grpc-js";
import { reported, send, unary } from "./calls.ts";
import { EMULATED_VERSION, header, MEMBER_ID, RAFT_TERM, type ServerContext } from "./context.ts";
import { refusal } from "./etcd-error.ts";
import type { Header } from "./protocol.ts";
import { hashAll, hashKeys, writeSnapshot } from "./snapshot/snapshot-file.ts";

interface SnapshotResponse {
  readonly header: Header;
  readonly remaining_bytes: number;
  readonly blob: Uint8Array;
  readonly version: string;
}

type SnapshotCall = ServerWritableStream<unknown, SnapshotResponse>;

const CHUNK_BYTES = 64 << 10;

export function maintenanceService(context: ServerContext): UntypedServiceImplementation {
  const { logger } = context;
  return {
    Status: unary(() => status(context), logger),
    Alarm: unary(({ action }: { readonly action: string }) => {
      if (action === "ACTIVATE") throw refusal("alarmsNotSet");
      return { header: header(context), alarms: alarms(context) };
    }, logger),
    // Compaction gives space back by itself: there is nothing left to do.
    Defragment: unary(() => ({ header: header(context) }), logger),
    Hash: unary(async () => {
      using image = context.store.image();
      return { header: header(context, image.revision), hash: await hashAll(image) };
    }, logger),
    HashKV: unary(({ revision }: { readonly revision: number }) => hashKv(context, revision), logger),
    Snapshot: (call: SnapshotCall) => void snapshot(context, call),
    MoveLeader: unary(() => {
      throw refusal("badLeaderTransferee");
    }, logger),
    Downgrade: unary(() => {
      throw refusal("noDowngrade");
    }, logger),
  };
}

/** One member that leads itself: every revision counts as an entry of a log that has been applied. */
async function status(context: ServerContext) {
  const { revision, sizeBytes } = await context.store.status();
  return {
    header: header(context, revision),
    version: EMULATED_VERSION,
    dbSize: sizeBytes,
    dbSizeInUse: sizeBytes,
    leader: MEMBER_ID,
    raftIndex: revision,
    raftAppliedIndex: revision,
    raftTerm: RAFT_TERM,
    errors: alarms(context).map(({ memberID, alarm }) => `memberID:${memberID} alarm:${alarm} `),
    isLearner: false,
  };
}

/** The alarm goes by itself, when a write has succeeded: disarming changes nothing. */
function alarms({ space }: ServerContext): { memberID: number; alarm: "NOSPACE" }[] {
  return space.exceeded ? [{ memberID: MEMBER_ID, alarm: "NOSPACE" }] : [];
}

async function hashKv(context: ServerContext, asked: number) {
  using image = context.store.image();
  if (asked > 0 && asked <= image.compactRevision) throw refusal("compacted");
  if (asked > image.revision) throw refusal("futureRevision");
  const revision = asked > 0 ? asked : image.revision;
  // etcd's word for "never compacted" is -1.
  const compact_revision = image.compactRevision || -1;
  return { header: header(context, image.revision), hash: await hashKeys(image, revision), compact_revision, hash_revision: revision };
}

/** The file, then its SHA-256, by which etcdctl knows that it has all of it. */
async function snapshot(context: ServerContext, call: SnapshotCall): Promise<void> {
  const over = new AbortController();
  const stop = () => over.abort(refusal("stopped"));
  for (const event of ["cancelled", "error"]) call.once(event, () => over.abort(new Error("the client has gone")));
  context.stopping.addEventListener("abort", stop, { once: true });
  try {
    await sendSnapshot(context, call, over.signal);
    call.end();
  } catch (error) {
    call.emit("error", reported(error, context.logger));
  } finally {
    context.stopping.removeEventListener("abort", stop);
  }
}

async function sendSnapshot(context: ServerContext, call: SnapshotCall, over: AbortSignal): Promise<void> {
  const revision = context.store.revision;
  const file = await writeSnapshot(context.store, context.temporaryFolder);
  try {
    const { size } = await file.stat();
    const digest = createHash("sha256");
    const part = (blob: Uint8Array, remaining_bytes: number) => ({ header: header(context, revision), remaining_bytes, blob, version: EMULATED_VERSION });
    for (let at = 0; at < size; ) {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(Math.min(CHUNK_BYTES, size - at)), 0, null, at);
      const blob = buffer.subarray(0, bytesRead);
      digest.update(blob);
      at += bytesRead;
      await send(call, part(blob, size - at), over);
      over.throwIfAborted();
    }
    await send(call, part(digest.digest(), 0), over);
  } finally {
    await file.close();
  }
}
