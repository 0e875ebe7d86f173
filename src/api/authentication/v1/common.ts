import { type Infer, list, mapOfLists, message, str } from "../../../machinery/schema.ts";

export const userInfo = message("io.k8s.api.authentication.v1.UserInfo", "UserInfo is a user as authentication sees them.", {
  username: str(1, "Name, unique among the active users."),
  uid: str(2, "Identity over time, where names may come again."),
  groups: list(3, "string", "Groups that the user is in.", { listType: "atomic" }),
  extra: mapOfLists(4, "What else the authenticator knows."),
});
export interface UserInfo extends Infer<typeof userInfo> {}
