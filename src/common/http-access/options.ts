import Type from 'typebox'

/** The keys that say who may use an HTTP server; part of the section that says where it listens. */
export const HTTP_ACCESS_OPTIONS = {
  access: Type.Enum(['guarded', 'open'], {
    default: 'guarded',
    description:
      "Where others than this host reach the address, 'guarded' does not start without TLS and without tokens or passwords; 'open' does. Files that are named are used either way.",
  }),
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

const HttpAccess = Type.Object(HTTP_ACCESS_OPTIONS)

/** Those keys as they are read. */
export type HttpAccessOptions = Type.Static<typeof HttpAccess>
