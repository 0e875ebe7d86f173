/** Results and watch events as protobuf (application/vnd.kubernetes.protobuf). */
import { status as statusSchema } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { encodeList, encodeListAround, encodeListItem, encodeProtobuf, encodeWatchFrame, joinListItems, protobufMediaType } from "../../machinery/protobuf.ts";
import type { MessageSchema } from "../../machinery/schema.ts";
import type { StatusError } from "../../machinery/status.ts";
import { partialObjectMetadata, partialObjectMetadataList } from "../../machinery/table.ts";
import type { SingleResult } from "../calls.ts";
import { listKind, listMetadata } from "../registry/list-kind.ts";
import { mapObjects } from "../registry/many-objects.ts";
import type { ResourceStore } from "../registry/resource-store.ts";
import { StoredObject } from "../registry/stored-object.ts";
import { bookmarkObject } from "../transport.ts";
import type { WatchItem } from "../watch-cache/watcher.ts";
import type { WatchFrames } from "./watch-response.ts";

/** One piece, or the three of a list. */
export async function protobufOf(result: SingleResult): Promise<Buffer[]> {
  switch (result.type) {
    case "object":
      return [asBuffer(encodeProtobuf(result.definition.schema, result.object instanceof StoredObject ? result.object.object : result.object))];
    case "list": {
      const { kind, apiVersion } = listKind(result.resource.definition);
      return encodeListAround(apiVersion, kind, listMetadata(result.list), await joinedItems(result.resource, result.list.items)).map(asBuffer);
    }
    case "plainList": {
      const { kind, apiVersion } = listKind(result.definition);
      const items = result.items.map((item) => encodeListItem(result.definition.schema, item));
      return [asBuffer(encodeList(apiVersion, kind, {}, items))];
    }
    case "plain":
      return [asBuffer(encodeProtobuf(result.form.schema, result.object))];
  }
}

/** As for JSON, the items of a list that has not changed are encoded and joined once, for all who ask; larger ones each time. */
const joined = new WeakMap<readonly StoredObject[], Promise<Buffer>>();
const keptUpToBytes = 32 * 1024 * 1024;

function joinedItems({ definition }: ResourceStore, items: readonly StoredObject[]): Promise<Buffer> {
  let joining = joined.get(items);
  if (joining === undefined) {
    joining = mapObjects(items, (object) => encodeListItem(definition.schema, object)).then((encoded) => asBuffer(joinListItems(encoded)));
    joined.set(items, joining);
    const forget = () => joined.delete(items);
    joining.then(({ length }) => length > keptUpToBytes && forget(), forget);
  }
  return joining;
}

/** A view that is not a Table: metadata of one object or of many, or a Status. */
export function protobufOfView(view: object): Buffer {
  const { kind } = view as { kind: string };
  return asBuffer(encodeProtobuf(viewSchemas[kind]!, view));
}

const viewSchemas: Readonly<Record<string, MessageSchema>> = {
  PartialObjectMetadata: partialObjectMetadata,
  PartialObjectMetadataList: partialObjectMetadataList,
  Status: statusSchema,
};

export const protobufErrorFrames = {
  contentType: `${protobufMediaType};stream=watch`,
  error: (error: StatusError) => encodeWatchFrame("ERROR", encodeProtobuf(statusSchema, error.status)),
};

export function protobufFrames(resource: ResourceStore): WatchFrames {
  const { schema, storedAs } = resource.definition;
  const frameOf = (item: WatchItem): Uint8Array => encodeWatchFrame(item.type, encodeProtobuf(schema, objectOf(resource, item)));
  // Watchers of a view in another version must not find each other's frames.
  return { ...protobufErrorFrames, render: (item) => (item.type === "BOOKMARK" || storedAs !== undefined ? frameOf(item) : item.frame(() => frameOf(item))) };
}

/** Frames of metadata alone. */
export function protobufMetadataFrames(resource: ResourceStore, viewOf: (object: KubeObject) => object): WatchFrames {
  return { ...protobufErrorFrames, render: (item) => encodeWatchFrame(item.type, protobufOfView(viewOf(objectOf(resource, item)))) };
}

function objectOf(resource: ResourceStore, item: WatchItem): KubeObject {
  return item.type === "BOOKMARK" ? bookmarkObject(resource, item.revision, item.initialEnd) : resource.view(item.stored).object;
}

function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
