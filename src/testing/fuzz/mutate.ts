/** Changes to objects, here and there, that their schema allows or not. */
import { copyJson } from "../../machinery/json.ts";
import { type FieldSchema, itemMessage, type MessageSchema } from "../../machinery/schema.ts";
import type { Dice } from "./dice.ts";
import { fieldValue, itemValue, oddValue } from "./values.ts";

type Place = Record<string, unknown> | unknown[];

/** What is known of the children of a place: a message's fields, or one field's items. */
interface Spot {
  readonly place: Place;
  readonly message: MessageSchema | undefined;
  readonly field: FieldSchema | undefined;
}

const strayKeys = ["status", "spec", "metadata", "name", "$patch", "$retainKeys", "extra", "finalizers", "__proto__", "", "a.b", "managedFields"];

const mapKeys = ["a", "", "__proto__", "a/b", "example.com/a", "ü", " ", "a".repeat(300), "constructor", "toString", "cpu", "kubernetes.io/a"];

/** A copy with up to four changes. */
export function mutated(dice: Dice, schema: MessageSchema, value: object): Record<string, unknown> {
  const copy = copyJson(value) as Record<string, unknown>;
  const changes = dice.pick([0, 0, 1, 1, 1, 2, 2, 4]);
  for (let change = 0; change < changes; change++) changeSomewhere(dice, descend(dice, { place: copy, message: schema, field: undefined }));
  return copy;
}

/** Some container inside, found by walking down at random. */
function descend(dice: Dice, spot: Spot): Spot {
  const { place, message, field } = spot;
  const below: Spot[] = [];
  for (const [key, child] of Object.entries(place)) {
    if (typeof child !== "object" || child === null) continue;
    const childField = message === undefined ? undefined : message.fields[key];
    below.push({ place: child as Place, message: messageBelow(childField, field), field: childField });
  }
  return below.length === 0 || dice.chance(0.25) ? spot : descend(dice, dice.pick(below));
}

function messageBelow(field: FieldSchema | undefined, container: FieldSchema | undefined): MessageSchema | undefined {
  if (field?.kind === "message") return field.message();
  if (field !== undefined) return undefined;
  if (container?.kind === "list") return itemMessage(container.item);
  return container?.kind === "map" && !container.wrapped ? itemMessage(container.value) : undefined;
}

function changeSomewhere(dice: Dice, spot: Spot): void {
  if (Array.isArray(spot.place)) changeList(dice, spot.place, spot.field);
  else changeObject(dice, spot.place, spot);
}

function changeList(dice: Dice, list: unknown[], field: FieldSchema | undefined): void {
  const fitting = () => (field?.kind === "list" ? itemValue(dice, field, field.item, 2) : oddValue(dice));
  const at = dice.below(list.length + 1);
  const roll = dice.below(6);
  if (roll === 0) list.splice(at, 1);
  else if (roll === 1) list.splice(at, 0, oddValue(dice));
  else if (roll === 2) list.push(...copyJson(list.slice(0, 20)));
  else if (roll === 3 && list.length > 0) list[dice.below(list.length)] = fitting();
  else list.splice(at, 0, fitting());
}

function changeObject(dice: Dice, object: Record<string, unknown>, { message, field }: Spot): void {
  const keys = Object.keys(object);
  const roll = dice.below(8);
  if (roll === 0 && keys.length > 0) delete object[dice.pick(keys)];
  else if (roll === 1 && keys.length > 0) setKey(object, dice.pick(keys), oddValue(dice));
  else if (roll === 2) setKey(object, dice.pick(strayKeys), oddValue(dice));
  else if (message !== undefined) addField(dice, object, message);
  else if (field?.kind === "map" && !field.wrapped) setKey(object, dice.pick(mapKeys), itemValue(dice, field, field.value, 2));
  else setKey(object, dice.pick(["a", "b", "c"]), oddValue(dice));
}

function addField(dice: Dice, object: Record<string, unknown>, message: MessageSchema): void {
  const names = Object.keys(message.fields);
  if (names.length === 0) return;
  const name = dice.pick(names);
  object[name] = dice.chance(0.85) ? fieldValue(dice, message.fields[name]!, 3) : oddValue(dice);
}

function setKey(object: Record<string, unknown>, key: string, value: unknown): void {
  Object.defineProperty(object, key, { value: copyJson(value), enumerable: true, writable: true, configurable: true });
}
