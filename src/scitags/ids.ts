/** The largest ids that the registry gives (https://scitags.org/api.json). */
export const EXPERIMENT_MAX = 1023
export const ACTIVITY_MAX = 63

/** Beyond this an experiment does not fit the flow label: its flows are announced, not marked. */
export const MARKABLE_EXPERIMENT_MAX = 511
