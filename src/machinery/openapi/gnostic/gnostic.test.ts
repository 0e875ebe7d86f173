import assert from "node:assert/strict";
import { test } from "node:test";
import protobuf from "protobufjs";
import { allDefinitions } from "../../../api/index.ts";
import { openApiV2, openApiV3, openApiV3Paths } from "../documents.ts";
import { openApiV2Protobuf } from "./v2.ts";
import { openApiV3Protobuf } from "./v3.ts";

/** The parts of gnostic's messages that kubectl reads, for a reader that shares nothing with the writer under test. */
const messages = protobuf.parse(
  `syntax = "proto3";
  message Any { string yaml = 2; }
  message NamedAny { string name = 1; Any value = 2; }
  message Additional { Schema schema = 1; bool boolean = 2; }
  message Strings { repeated string value = 1; }
  message Items { repeated Schema schema = 1; }
  message NamedSchema { string name = 1; Schema value = 2; }
  message Schemas { repeated NamedSchema additional_properties = 1; }
  message Schema {
    string _ref = 1; string format = 2; string description = 4; Any default = 5; repeated string required = 19; repeated Any enum = 20;
    Additional additional_properties = 21; Strings type = 22; Items items = 23; Schemas properties = 25; repeated NamedAny vendor_extension = 31;
  }
  message Info { string title = 1; string version = 2; }
  message Query { string in = 2; string name = 4; string type = 6; bool unique_items = 20; }
  message Path { bool required = 1; string in = 2; string name = 4; string type = 5; bool unique_items = 19; }
  message NonBody { Query query = 3; Path path = 4; }
  message Body { string name = 2; string in = 3; Schema schema = 5; }
  message Parameter { Body body = 1; NonBody non_body = 2; }
  message ParameterItem { Parameter parameter = 1; }
  message SchemaItem { Schema schema = 1; }
  message Response { string description = 1; SchemaItem schema = 2; }
  message ResponseValue { Response response = 1; }
  message NamedResponse { string name = 1; ResponseValue value = 2; }
  message Responses { repeated NamedResponse response_code = 1; }
  message Operation { string operation_id = 5; repeated string consumes = 7; repeated ParameterItem parameters = 8; Responses responses = 9; repeated NamedAny vendor_extension = 13; }
  message PathItem { Operation get = 2; Operation patch = 8; repeated ParameterItem parameters = 9; }
  message NamedPath { string name = 1; PathItem value = 2; }
  message Paths { repeated NamedPath path = 2; }
  message V2 { string swagger = 1; Info info = 2; Paths paths = 8; Schemas definitions = 9; }

  message Reference3 { string _ref = 1; }
  message SchemaOrReference3 { Schema3 schema = 1; Reference3 reference = 2; }
  message NamedSchema3 { string name = 1; SchemaOrReference3 value = 2; }
  message Schemas3 { repeated NamedSchema3 additional_properties = 1; }
  message Items3 { repeated SchemaOrReference3 schema_or_reference = 1; }
  message Schema3 {
    string type = 25; repeated SchemaOrReference3 all_of = 26; Items3 items = 30; Schemas3 properties = 31; string description = 34; repeated NamedAny extension = 36;
  }
  message Components3 { Schemas3 schemas = 1; }
  message V3 { string openapi = 1; Components3 components = 5; }`,
  { keepCase: true },
).root;

// biome-ignore lint/suspicious/noExplicitAny: a document of any shape
function decoded(type: string, bytes: Uint8Array): any {
  const message = messages.lookupType(type);
  return message.toObject(message.decode(bytes), { arrays: false });
}

const byName = <T>(pairs: readonly { name: string; value: T }[]): Record<string, T> => Object.fromEntries(pairs.map(({ name, value }) => [name, value]));
const input = { gitVersion: "v1.36.0", resources: allDefinitions };

test("version 2: definitions, references, extensions and operations are where client-go reads them", () => {
  const document = decoded("V2", openApiV2Protobuf(openApiV2(input)));
  assert.equal(document.swagger, "2.0");
  assert.equal(document.info.version, "v1.36.0");
  const definitions = byName<Record<string, never>>(document.definitions.additional_properties) as Record<string, Record<string, never>>;
  const podSpec = byName<Record<string, { [key: string]: never }>>(definitions["io.k8s.api.core.v1.PodSpec"]!["properties"]!["additional_properties"]);
  const containers = podSpec["containers"]! as unknown as { items: { schema: { _ref: string }[] }; type: object; vendor_extension: never };
  assert.deepEqual(containers.type, { value: ["array"] });
  assert.deepEqual(containers.items, { schema: [{ _ref: "#/definitions/io.k8s.api.core.v1.Container" }] });
  assert.deepEqual(byName<{ yaml: string }>(containers.vendor_extension)["x-kubernetes-patch-merge-key"], { yaml: '"name"\n' });
  const kinds = byName<{ yaml: string }>(definitions["io.k8s.api.core.v1.Pod"]!["vendor_extension"]!)["x-kubernetes-group-version-kind"]!;
  assert.deepEqual(JSON.parse(kinds.yaml), [{ group: "", version: "v1", kind: "Pod" }]);

  // biome-ignore lint/suspicious/noExplicitAny: a message of any shape
  const pods = byName<any>(document.paths.path)["/api/v1/namespaces/{namespace}/pods/{name}"];
  assert.equal(pods.patch.operation_id, "patchCoreV1NamespacedPod");
  assert.equal(pods.patch.consumes[2], "application/strategic-merge-patch+json");
  assert.deepEqual(pods.patch.parameters[0].parameter.body.schema, { _ref: "#/definitions/io.k8s.apimachinery.pkg.apis.meta.v1.Patch" });
  assert.ok(
    pods.patch.parameters.some((one: { parameter: { non_body?: { query?: { name: string } } } }) => one.parameter.non_body?.query?.name === "fieldValidation"),
  );
  assert.deepEqual(pods.parameters[0].parameter.non_body.path, { required: true, in: "path", name: "name", type: "string", unique_items: true });
  assert.equal(byName<{ response: { description: string } }>(pods.get.responses.response_code)["200"]!.response.description, "OK");
});

test("version 3: the documents of all groups have a protobuf form", () => {
  for (const path of openApiV3Paths(allDefinitions)) {
    const [, group, version] = path.startsWith("api/") ? ["", "", path.slice(4)] : path.split("/");
    const document = decoded("V3", openApiV3Protobuf(openApiV3(input, { group: group!, version: version! })));
    assert.equal(document.openapi, "3.0.0");
    if (group !== "apps") continue;
    // biome-ignore lint/suspicious/noExplicitAny: a message of any shape
    const schemas = byName<any>(document.components.schemas.additional_properties);
    const spec = byName<{ schema: object }>(schemas["io.k8s.api.apps.v1.DeploymentSpec"].schema.properties.additional_properties);
    assert.deepEqual((spec["template"]!.schema as { all_of: object }).all_of, [
      { reference: { _ref: "#/components/schemas/io.k8s.api.core.v1.PodTemplateSpec" } },
    ]);
  }
});

test("a document with something that the messages have no field for is refused, not cut", () => {
  assert.throws(() => openApiV2Protobuf({ swagger: "2.0", unknown: true }), /no field for "unknown"/);
});
