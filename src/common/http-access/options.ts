import Type from 'typebox'

const ACCESS = {
  default: 'guarded',
  description:
    "Where others than this host reach the address, 'guarded' does not start without TLS and without tokens or passwords; 'open' does. Files that are named are used either way.",
}

/** The keys that say who may use an HTTP server; part of the section that says where it listens. */
export const HTTP_ACCESS_OPTIONS = {
  access: Type.Enum(['guarded', 'open'], ACCESS),
  certificateFile: Type.String({
    default: '',
    description: "PEM file of the server's certificate and its chain, for HTTPS; read again when it changes.",
  }),
  keyFile: Type.String({ default: '', description: 'PEM file of its key.' }),
  tokenFile: Type.String({
    default: '',
    description:
      'File of bearer tokens, one a line, at least 16 characters each; each of them is accepted. Read again when it changes.',
  }),
  passwordFile: Type.String({
    default: '',
    description:
      'File of users and passwords for basic authentication, as htpasswd writes it ($apr1$ or {SHA}). Read again when it changes.',
  }),
}

/**
 * The same for a server that a file of another program may configure.
 *
 * @param profile the program, by the name of its profile: its servers are open to whoever reaches them
 */
export function httpAccessOptionsOpenUnder(profile: string): typeof HTTP_ACCESS_OPTIONS {
  return {
    ...HTTP_ACCESS_OPTIONS,
    access: Type.Enum(['guarded', 'open'], { ...ACCESS, defaults: { [profile]: 'open' } }),
  }
}

const HttpAccess = Type.Object(HTTP_ACCESS_OPTIONS)

/** Those keys as they are read. */
export type HttpAccessOptions = Type.Static<typeof HttpAccess>
