/** Values that both a schema and the validation of its kind list. */
export const taintEffects = ["NoSchedule", "PreferNoSchedule", "NoExecute"] as const;
export const mountPropagations = ["Bidirectional", "HostToContainer", "None"] as const;
export const ipFamilies = ["IPv4", "IPv6"] as const;
export const ipFamilyPolicies = ["PreferDualStack", "RequireDualStack", "SingleStack"] as const;
