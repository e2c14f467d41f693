/** So long may the name of a program be that moves data: a flow keeps it as long as it lives. */
export const APPLICATION_LENGTH = 256
