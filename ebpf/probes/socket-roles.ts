/** The ends of a connection, by the numbers that programs give them: one that accepted it, one that opened it. */
export const socketRoles = ['server', 'client'] as const
