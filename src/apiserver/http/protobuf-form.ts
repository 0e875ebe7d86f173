/** Results and watch events as protobuf (application/vnd.kubernetes.protobuf). */
import { status as statusSchema } from "../../machinery/meta.ts";
import { encodeList, encodeListItem, encodeProtobuf, encodeWatchFrame, protobufMediaType } from "../../machinery/protobuf.ts";
import type { StatusError } from "../../machinery/status.ts";
import type { SingleResult } from "../calls.ts";
import { listKind, listMetadata } from "../registry/list-kind.ts";
import type { ResourceStore } from "../registry/resource-store.ts";
import { StoredObject } from "../registry/stored-object.ts";
import { bookmarkObject } from "../transport.ts";
import type { WatchItem } from "../watch-cache/watcher.ts";
import type { WatchFrames } from "./watch-response.ts";

/** Undefined for what is answered as JSON whatever was asked: objects of handlers, whose schema is not at hand. */
export function protobufOf(result: SingleResult): Buffer | undefined {
  switch (result.type) {
    case "object":
      return asBuffer(encodeProtobuf(result.definition.schema, result.object instanceof StoredObject ? result.object.object : result.object));
    case "list": {
      const { definition } = result.resource;
      const { kind, apiVersion } = listKind(definition);
      const items = result.list.items.map((stored) => encodeListItem(definition.schema, stored.object));
      return asBuffer(encodeList(apiVersion, kind, listMetadata(result.list), items));
    }
    default:
      return undefined;
  }
}

export function protobufFrames(resource: ResourceStore): WatchFrames {
  const { schema, storedAs } = resource.definition;
  const frameOf = (item: WatchItem): Uint8Array => {
    const object = item.type === "BOOKMARK" ? bookmarkObject(resource, item.revision, item.initialEnd) : resource.view(item.stored).object;
    return encodeWatchFrame(item.type, encodeProtobuf(schema, object));
  };
  return {
    contentType: `${protobufMediaType};stream=watch`,
    // Watchers of a view in another version must not find each other's frames.
    render: (item) => (item.type === "BOOKMARK" || storedAs !== undefined ? frameOf(item) : item.frame(() => frameOf(item))),
    error: (error: StatusError) => encodeWatchFrame("ERROR", encodeProtobuf(statusSchema, error.status)),
  };
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
