/**
 * Who owns the replicas of a scalable object, as seen through its scale subresource, and back: the entries of the object
 * that hold the field are those of the Scale (k8s.io/apiserver fieldmanager, ScaleHandler).
 */
import { type Entries, fieldsOf, sortEntries } from "./entries.ts";
import { difference, type FieldSet, intersection, isEmptySet } from "./field-set.ts";

const scaleApiVersion = "autoscaling/v1";
const scaleReplicas: FieldSet = { "f:spec": { "f:replicas": {} } };

/** `replicas` is where the object keeps them. */
export function toScaleEntries(entries: Entries, replicas: FieldSet): Entries {
  return entries.filter((entry) => owns(entry, replicas)).map((entry) => ({ ...entry, apiVersion: scaleApiVersion, fieldsV1: scaleReplicas }));
}

/** The object's entries after a write of its Scale: who has lost the replicas there has lost them here, and who has them there has them here. */
export function fromScaleEntries(entries: Entries, scaled: Entries, replicas: FieldSet, apiVersion: string): Entries {
  const owners = new Map(scaled.filter((entry) => owns(entry, scaleReplicas)).map((entry) => [identity(entry), entry]));
  const kept = entries.flatMap((entry): Entries => {
    if (!owns(entry, replicas)) return [entry];
    const owner = owners.get(identity(entry));
    owners.delete(identity(entry));
    if (owner !== undefined) return [owner.time === undefined ? entry : { ...entry, time: owner.time }];
    const left = difference(fieldsOf(entry), replicas);
    return isEmptySet(left) ? [] : [{ ...entry, fieldsV1: left }];
  });
  return sortEntries([...kept, ...[...owners.values()].map((entry) => ({ ...entry, apiVersion, fieldsV1: replicas }))]);
}

function owns(entry: Entries[number], fields: FieldSet): boolean {
  return !isEmptySet(intersection(fieldsOf(entry), fields));
}

function identity({ manager, operation, subresource }: Entries[number]): string {
  return JSON.stringify([manager, operation, subresource ?? ""]);
}
