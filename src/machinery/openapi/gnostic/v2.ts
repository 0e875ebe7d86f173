/** Swagger 2.0 as gnostic's openapi.v2.Document: field numbers of openapiv2/OpenAPIv2.proto. */
import {
  anyValue,
  choice,
  decimal,
  encode,
  type FieldForm,
  flag,
  integer,
  type MessageForm,
  mapping,
  messageForm,
  named,
  nested,
  repeated,
  text,
  texts,
} from "./forms.ts";

export function openApiV2Protobuf(document: object): Uint8Array {
  return encode(documentForm, document);
}

const externalDocs = messageForm({ description: text(1), url: text(2) }, { extensions: 3 });
const reference = messageForm({ $ref: text(1), description: text(2) });

const schema: MessageForm = messageForm(
  {
    $ref: text(1),
    format: text(2),
    title: text(3),
    description: text(4),
    default: nested(5, () => anyValue),
    multipleOf: decimal(6),
    maximum: decimal(7),
    exclusiveMaximum: flag(8),
    minimum: decimal(9),
    exclusiveMinimum: flag(10),
    maxLength: integer(11),
    minLength: integer(12),
    pattern: text(13),
    maxItems: integer(14),
    minItems: integer(15),
    uniqueItems: flag(16),
    maxProperties: integer(17),
    minProperties: integer(18),
    required: texts(19),
    enum: repeated(20, () => anyValue),
    additionalProperties: nested(21, () => additionalProperties),
    type: nested(22, () => types),
    items: nested(23, () => items),
    allOf: repeated(24, () => schema),
    properties: mapping(25, () => schema),
    discriminator: text(26),
    readOnly: flag(27),
    externalDocs: nested(29, () => externalDocs),
    example: nested(30, () => anyValue),
  },
  { extensions: 31 },
);

const additionalProperties: MessageForm = (writer, value) => (typeof value === "boolean" ? flag(2)(writer, value) : nested(1, () => schema)(writer, value));
const types: MessageForm = (writer, value) => (typeof value === "string" ? text(1)(writer, value) : texts(1)(writer, value));
const items: MessageForm = (writer, value) => (Array.isArray(value) ? repeated(1, () => schema)(writer, value) : nested(1, () => schema)(writer, value));

/** Parameters of query and header share their fields with those of a path, but for one that comes in between. */
function parameterFields(first: number): Readonly<Record<string, FieldForm>> {
  return {
    required: flag(1),
    in: text(2),
    description: text(3),
    name: text(4),
    type: text(first),
    format: text(first + 1),
    default: nested(first + 4, () => anyValue),
    maximum: decimal(first + 5),
    minimum: decimal(first + 7),
    pattern: text(first + 11),
    uniqueItems: flag(first + 14),
    enum: repeated(first + 15, () => anyValue),
  };
}

const bodyParameter = messageForm({ description: text(1), name: text(2), in: text(3), required: flag(4), schema: nested(5, () => schema) }, { extensions: 6 });
const queryParameter = messageForm({ ...parameterFields(6), allowEmptyValue: flag(5) }, { extensions: 23 });
const headerParameter = messageForm(parameterFields(5), { extensions: 22 });
const pathParameter = messageForm(parameterFields(5), { extensions: 22 });

const nonBodyParameter = choice(({ in: where }) => {
  if (where === "header") return nested(1, () => headerParameter);
  return where === "query" ? nested(3, () => queryParameter) : nested(4, () => pathParameter);
});
const parameter = choice(({ in: where }) => (where === "body" ? nested(1, () => bodyParameter) : nested(2, () => nonBodyParameter)));
const parameterOrReference = choice(({ $ref }) => ($ref === undefined ? nested(1, () => parameter) : nested(2, () => reference)));

const response = messageForm({ description: text(1), schema: nested(2, () => nested(1, () => schema)) }, { extensions: 5 });
const responseOrReference = choice(({ $ref }) => ($ref === undefined ? nested(1, () => response) : nested(2, () => reference)));
const responses = messageForm({}, { extensions: 2, others: named(1, () => responseOrReference) });

/** Schemes of security by name, with the scopes that each needs. */
const securityRequirement: MessageForm = named(1, () => texts(1));

const operation = messageForm(
  {
    tags: texts(1),
    summary: text(2),
    description: text(3),
    externalDocs: nested(4, () => externalDocs),
    operationId: text(5),
    produces: texts(6),
    consumes: texts(7),
    parameters: repeated(8, () => parameterOrReference),
    responses: nested(9, () => responses),
    schemes: texts(10),
    deprecated: flag(11),
    security: repeated(12, () => securityRequirement),
  },
  { extensions: 13 },
);

const pathItem = messageForm(
  {
    $ref: text(1),
    get: nested(2, () => operation),
    put: nested(3, () => operation),
    post: nested(4, () => operation),
    delete: nested(5, () => operation),
    options: nested(6, () => operation),
    head: nested(7, () => operation),
    patch: nested(8, () => operation),
    parameters: repeated(9, () => parameterOrReference),
  },
  { extensions: 10 },
);

const apiKeySecurity = messageForm({ type: text(1), name: text(2), in: text(3), description: text(4) }, { extensions: 5 });
const securityDefinition: MessageForm = nested(2, () => apiKeySecurity);

const documentForm = messageForm(
  {
    swagger: text(1),
    info: nested(2, () => messageForm({ title: text(1), version: text(2), description: text(3) }, { extensions: 7 })),
    host: text(3),
    basePath: text(4),
    schemes: texts(5),
    consumes: texts(6),
    produces: texts(7),
    paths: nested(8, () => messageForm({}, { extensions: 1, others: named(2, () => pathItem) })),
    definitions: mapping(9, () => schema),
    parameters: mapping(10, () => parameter),
    responses: mapping(11, () => response),
    security: repeated(12, () => securityRequirement),
    securityDefinitions: mapping(13, () => securityDefinition),
    externalDocs: nested(15, () => externalDocs),
  },
  { extensions: 16 },
);
