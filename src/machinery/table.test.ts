import assert from "node:assert/strict";
import { test } from "node:test";
import { allColumns, partialMetadataList, type TableColumn, type TableObject, tableOf } from "./table.ts";

interface Thing extends TableObject {
  readonly size: number;
}
const wide: TableColumn<Thing> = { name: "Extra", type: "string", description: "", priority: 1, cell: () => "<none>" };
const size: TableColumn<Thing> = { name: "Size", type: "integer", description: "How big.", cell: (thing) => thing.size };
const thing: Thing = { apiVersion: "v1", kind: "Thing", metadata: { name: "a", uid: "u", creationTimestamp: "1970-01-01T00:00:00Z" }, size: 3 };

test("a table has Name first, Age after what is always shown, wide columns last", () => {
  const table = tableOf([thing], allColumns([wide, size]), { now: 90_000, metadata: { resourceVersion: "5" } });
  assert.equal(table.kind, "Table");
  assert.equal(table.apiVersion, "meta.k8s.io/v1");
  assert.deepEqual(table.metadata, { resourceVersion: "5" });
  assert.deepEqual(
    table.columnDefinitions?.map(({ name, type, format, priority }) => [name, type, format, priority]),
    [
      ["Name", "string", "name", 0],
      ["Size", "integer", "", 0],
      ["Age", "string", "", 0],
      ["Extra", "string", "", 1],
    ],
  );
  assert.deepEqual(table.rows, [
    { cells: ["a", 3, "90s", "<none>"], object: { kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: thing.metadata } },
  ]);
});

test("rows carry the object as asked, and later watch events no columns", () => {
  const columns = allColumns([size], true);
  assert.deepEqual(tableOf([thing], columns, { now: 0, includeObject: "None" }).rows, [{ cells: [3] }]);
  assert.deepEqual(tableOf([thing], columns, { now: 0, includeObject: "Object", withoutColumns: true }), {
    kind: "Table",
    apiVersion: "meta.k8s.io/v1",
    metadata: {},
    columnDefinitions: null,
    rows: [{ cells: [3], object: thing }],
  });
});

test("metadata alone makes a PartialObjectMetadataList", () => {
  assert.deepEqual(partialMetadataList([thing], { resourceVersion: "1" }), {
    kind: "PartialObjectMetadataList",
    apiVersion: "meta.k8s.io/v1",
    metadata: { resourceVersion: "1" },
    items: [{ kind: "PartialObjectMetadata", apiVersion: "meta.k8s.io/v1", metadata: thing.metadata }],
  });
});
