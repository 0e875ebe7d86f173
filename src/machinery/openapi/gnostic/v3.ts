/** OpenAPI 3.0 as gnostic's openapi.v3.Document: field numbers of openapiv3/OpenAPIv3.proto. */
import { anyValue, choice, decimal, encode, flag, integer, type MessageForm, mapping, messageForm, named, nested, repeated, text, texts } from "./forms.ts";

export function openApiV3Protobuf(document: object): Uint8Array {
  return encode(documentForm, document);
}

const externalDocs = messageForm({ description: text(1), url: text(2) }, { extensions: 3 });
const reference = messageForm({ $ref: text(1), summary: text(2), description: text(3) });

/** One of a message and a reference to one, which is how nearly everything of version 3 comes. */
function orReference(form: () => MessageForm): MessageForm {
  return choice(({ $ref }) => ($ref === undefined ? nested(1, form) : nested(2, () => reference)));
}

const schemaOrReference: MessageForm = orReference(() => schema);
const schema: MessageForm = messageForm(
  {
    nullable: flag(1),
    readOnly: flag(3),
    writeOnly: flag(4),
    externalDocs: nested(6, () => externalDocs),
    example: nested(7, () => anyValue),
    deprecated: flag(8),
    title: text(9),
    multipleOf: decimal(10),
    maximum: decimal(11),
    exclusiveMaximum: flag(12),
    minimum: decimal(13),
    exclusiveMinimum: flag(14),
    maxLength: integer(15),
    minLength: integer(16),
    pattern: text(17),
    maxItems: integer(18),
    minItems: integer(19),
    uniqueItems: flag(20),
    maxProperties: integer(21),
    minProperties: integer(22),
    required: texts(23),
    enum: repeated(24, () => anyValue),
    type: text(25),
    allOf: repeated(26, () => schemaOrReference),
    oneOf: repeated(27, () => schemaOrReference),
    anyOf: repeated(28, () => schemaOrReference),
    not: nested(29, () => schema),
    items: nested(30, () => nested(1, () => schemaOrReference)),
    properties: mapping(31, () => schemaOrReference),
    additionalProperties: nested(32, () => additionalProperties),
    default: (writer, value) => defaultField(writer, value),
    description: text(34),
    format: text(35),
  },
  { extensions: 36 },
);

const additionalProperties: MessageForm = (writer, value) =>
  typeof value === "boolean" ? flag(2)(writer, value) : nested(1, () => schemaOrReference)(writer, value);

/** The message has room for plain values only; other defaults are told by the JSON form alone. */
const defaultField: MessageForm = (writer, value) => {
  if (typeof value === "number") nested(33, () => decimal(1))(writer, value);
  else if (typeof value === "boolean") nested(33, () => flag(2))(writer, value);
  else if (typeof value === "string") nested(33, () => text(3))(writer, value);
};

const parameter = messageForm(
  {
    name: text(1),
    in: text(2),
    description: text(3),
    required: flag(4),
    deprecated: flag(5),
    allowEmptyValue: flag(6),
    schema: nested(10, () => schemaOrReference),
  },
  { extensions: 14 },
);

const mediaType = messageForm({ schema: nested(1, () => schemaOrReference), example: nested(2, () => anyValue) }, { extensions: 5 });
const response = messageForm({ description: text(1), content: mapping(3, () => mediaType) }, { extensions: 5 });
const requestBody = messageForm({ description: text(1), content: mapping(2, () => mediaType), required: flag(3) }, { extensions: 4 });
const responses = messageForm(
  { default: nested(1, () => orReference(() => response)) },
  { extensions: 3, others: named(2, () => orReference(() => response)) },
);

const securityRequirement: MessageForm = named(1, () => texts(1));

const operation = messageForm(
  {
    tags: texts(1),
    summary: text(2),
    description: text(3),
    externalDocs: nested(4, () => externalDocs),
    operationId: text(5),
    parameters: repeated(6, () => orReference(() => parameter)),
    requestBody: nested(7, () => orReference(() => requestBody)),
    responses: nested(8, () => responses),
    deprecated: flag(10),
    security: repeated(11, () => securityRequirement),
  },
  { extensions: 13 },
);

const pathItem = messageForm(
  {
    $ref: text(1),
    summary: text(2),
    description: text(3),
    get: nested(4, () => operation),
    put: nested(5, () => operation),
    post: nested(6, () => operation),
    delete: nested(7, () => operation),
    options: nested(8, () => operation),
    head: nested(9, () => operation),
    patch: nested(10, () => operation),
    parameters: repeated(13, () => orReference(() => parameter)),
  },
  { extensions: 14 },
);

const securityScheme = messageForm({ type: text(1), description: text(2), name: text(3), in: text(4), scheme: text(5) }, { extensions: 9 });

const documentForm = messageForm(
  {
    openapi: text(1),
    info: nested(2, () => messageForm({ title: text(1), description: text(2), version: text(6) }, { extensions: 7 })),
    paths: nested(4, () => messageForm({}, { extensions: 2, others: named(1, () => pathItem) })),
    components: nested(5, () =>
      messageForm({ schemas: mapping(1, () => schemaOrReference), securitySchemes: mapping(7, () => orReference(() => securityScheme)) }, { extensions: 10 }),
    ),
    security: repeated(6, () => securityRequirement),
    externalDocs: nested(8, () => externalDocs),
  },
  { extensions: 9 },
);
