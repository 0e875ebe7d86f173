/** Every kind through the whole API server: what src/api says of a kind is all that it takes to serve it. */
import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { type HttpScene, startHttpScene } from "../testing/api-server/http-scene.ts";
import { examples } from "./examples.ts";
import { allDefinitions } from "./index.ts";
import type { AnyResourceDefinition } from "./resource.ts";

const merge = { "content-type": "application/merge-patch+json" };
const table = { accept: "application/json;as=Table;v=v1;g=meta.k8s.io" };

function pathOf({ group, version, resource, namespaced }: AnyResourceDefinition): string {
  const prefix = group === "" ? "/api" : `/apis/${group}`;
  return `${prefix}/${version}${namespaced ? "/namespaces/default" : ""}/${resource}`;
}

describe("every kind is served", () => {
  let scene: HttpScene;
  before(async () => {
    scene = await startHttpScene();
  });
  after(() => scene.close());

  for (const definition of allDefinitions.filter(({ virtual }) => virtual !== true)) {
    const { group, version, kind, resource } = definition;
    it(`${group}/${version} ${resource}`, async () => {
      const example = examples[`${group}/${resource}`] ?? {};
      const metadata = { name: `x-${version}`, ...(example["metadata"] as object | undefined) };
      const object = { apiVersion: group === "" ? version : `${group}/${version}`, kind, ...example, metadata };
      const [all, one] = [pathOf(definition), `${pathOf(definition)}/${metadata.name}`];
      const expect = async (code: number, ...request: Parameters<HttpScene["send"]>) => {
        const answer = await scene.send(...request);
        assert.equal(answer.code, code, `${request[0]} ${request[1]}: ${answer.text}`);
        return answer.body;
      };

      const made = await expect(201, "POST", all, object);
      await expect(200, "PUT", one, made);
      await expect(200, "PATCH", one, { metadata: { annotations: { a: "b" } } }, merge);
      if (definition.status !== undefined) await expect(200, "PATCH", `${one}/status`, { status: {} }, merge);
      const rows = await expect(200, "GET", all, undefined, table);
      assert.equal(rows.kind, "Table");
      await expect(200, "DELETE", one);
    });
  }
});
