/** Wire forms of the two kinds that answers of many resources have: Status and Scale. */
import { type Scale, scale } from "../../api/autoscaling/v1/scale.ts";
import { status } from "../../machinery/meta.ts";
import type { KubeObject } from "../../machinery/object.ts";
import { allColumns } from "../../machinery/table.ts";
import type { ObjectForm } from "../calls.ts";

export const statusForm: ObjectForm = { schema: status };

export const scaleForm: ObjectForm = {
  schema: scale,
  columns: allColumns<KubeObject>([
    { name: "Desired", type: "integer", description: "How many replicas are wanted.", cell: (object) => (object as Scale).spec.replicas ?? 0 },
    { name: "Available", type: "integer", description: "How many replicas there are.", cell: (object) => (object as Scale).status?.replicas ?? 0 },
  ]),
};
