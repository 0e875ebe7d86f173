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

const AUTH_METHODS = ["AuthEnable", "Authenticate", "UserAdd", "UserGet", "UserList", "UserDelete", "UserChangePassword", "UserGrantRole", "UserRevokeRole"];
const ROLE_METHODS = ["RoleAdd", "RoleGet", "RoleList", "RoleDelete", "RoleGrantPermission", "RoleRevokePermission"];

/** Users and roles are not kept: who may connect is TLS' affair. */
export function authService(context: ServerContext): UntypedServiceImplementation {
  const refuse = refusing(context, "authNotEnabled");
  return {
    ...Object.fromEntries([...AUTH_METHODS, ...ROLE_METHODS].map((name) => [name, refuse])),
    AuthStatus: unary(() => ({ header: header(context), enabled: false, authRevision: 1 }), context.logger),
    AuthDisable: unary(() => ({ header: header(context) }), context.logger),
  };
}

function refusing(context: ServerContext, which: Refusal) {
  return unary((): never => {
    throw refusal(which);
  }, context.logger);
}
