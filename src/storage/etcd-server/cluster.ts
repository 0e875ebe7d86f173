/** The Cluster and Auth services: one member, and nobody has to say who they are. */
import type { UntypedServiceImplementation } from "@grpc/grpc-js";
import { unary } from "./calls.ts";
import { header, MEMBER_ID, type ServerContext } from "./context.ts";
import { type Refusal, refusal } from "./etcd-error.ts";

export function clusterService(context: ServerContext): UntypedServiceImplementation {
  const member = () => ({ ID: MEMBER_ID, name: context.name, peerURLs: [], clientURLs: context.clientUrls(), isLearner: false });
  const refuse = refusing(context, "singleMember");
  return {
    MemberList: unary(() => ({ header: header(context), members: [member()] }), context.logger),
    MemberAdd: refuse,
    MemberRemove: refuse,
    MemberUpdate: refuse,
    MemberPromote: refuse,
  };
}

/** What etcd says where nobody has made a user or a role; making one is what this server cannot do. */
const AUTH_REFUSALS: Readonly<Record<string, Refusal>> = {
  AuthEnable: "rootUserNotExist",
  Authenticate: "authNotEnabled",
  UserAdd: "noUsers",
  UserGet: "userNotFound",
  UserDelete: "userNotFound",
  UserChangePassword: "userNotFound",
  UserGrantRole: "userNotFound",
  UserRevokeRole: "userNotFound",
  RoleAdd: "noUsers",
  RoleGet: "roleNotFound",
  RoleDelete: "roleNotFound",
  RoleGrantPermission: "roleNotFound",
  RoleRevokePermission: "roleNotFound",
};

/** Users and roles are not kept: who may connect is TLS' affair. */
export function authService(context: ServerContext): UntypedServiceImplementation {
  return {
    ...Object.fromEntries(Object.entries(AUTH_REFUSALS).map(([name, which]) => [name, refusing(context, which)])),
    UserList: unary(() => ({ header: header(context) }), context.logger),
    RoleList: unary(() => ({ header: header(context) }), context.logger),
    AuthStatus: unary(() => ({ header: header(context), enabled: false, authRevision: 1 }), context.logger),
    AuthDisable: unary(() => ({ header: header(context) }), context.logger),
  };
}

function refusing(context: ServerContext, which: Refusal) {
  return unary((): never => {
    throw refusal(which);
  }, context.logger);
}
