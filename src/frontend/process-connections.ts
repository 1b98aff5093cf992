// How many client connections this process has, all frontends together.

/** The count; kept by the admissions. */
export const processConnections: { open: number } = { open: 0 };
