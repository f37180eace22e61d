/** How far a client is, in the words of `istioctl proxy-status`, the worst last; that of the worst of all that it asks for. */
export const clientStates = ['SYNCED', 'NOT SENT', 'STALE', 'REJECTED'] as const;

export type ClientState = (typeof clientStates)[number];
