import { type Infer, list, mapOfLists, message, str } from "../../../machinery/schema.ts";

export const userInfo = message("io.k8s.api.authentication.v1.UserInfo", "", {
  username: str(1, ""),
  uid: str(2, ""),
  groups: list(3, "string", "", { listType: "atomic" }),
  extra: mapOfLists(4, ""),
});
export interface UserInfo extends Infer<typeof userInfo> {}
