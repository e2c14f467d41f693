import type { ErrorEntry } from './entry.ts'

/** Errors of the collector, its ingest and its API. */
export const COLLECTOR_ERRORS = {
  CONNECT_JSON_INVALID: {
    message: 'the connection file {file} is not usable: {problem}',
    remedy:
      'mend it, or name the router in the configuration (amqp.url); Skupper 1.x writes a good one into the secret skupper-local-client',
    exitCode: 78,
    httpStatus: 500,
  },
  AMQP_FILE_UNREADABLE: {
    message: 'the {what} {file} for {url} cannot be read: {reason}',
    remedy: 'check the path, owner and mode; it is tried again at the next connect',
    exitCode: 78,
    httpStatus: 503,
  },
  AMQP_CERTIFICATE_UNUSABLE: {
    message: 'our certificate or key for {url} cannot be used: {reason}',
    remedy:
      'check that {file} holds a PEM certificate and that the key belongs to it; both are read again at the next connect',
    exitCode: 78,
    httpStatus: 503,
  },
  AMQP_CERTIFICATE_EXPIRED: {
    message: 'our certificate {file} is valid from {from} to {to} only',
    remedy:
      'renew it (Skupper does so when its Secret is deleted) or mend the clock; it is read again at the next connect',
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_UNREACHABLE: {
    message: 'no connection to the router at {url}: {reason}',
    remedy:
      'check that the router runs, that host and port are right, and that no firewall or network policy stands between',
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_ROUTER_CERTIFICATE_EXPIRED: {
    message: 'the certificate of the router at {url} is not valid at this time: {reason}',
    remedy: "renew the router's certificate, or mend this host's clock",
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_ROUTER_UNTRUSTED: {
    message: 'the certificate of the router at {url} is not signed by an authority in {ca}: {reason}',
    remedy:
      "set amqp.tls.caFile (or tls.ca in connect.json) to the ca.crt of the secret that the router's certificate came from",
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_ROUTER_NAME_MISMATCH: {
    message: 'the certificate of the router at {url} is for another name: {reason}',
    remedy: 'use a host name that the certificate carries, or set amqp.tls.serverName to one',
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_TLS_REFUSED: {
    message: 'TLS with the router at {url} failed: {reason}',
    remedy:
      "check that the port speaks TLS, and that our certificate is signed by the router's authority and not expired",
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_SASL_REFUSED: {
    message: 'the router at {url} did not accept who we are: {reason}',
    remedy:
      'give a client certificate (EXTERNAL) or user and password (PLAIN) that the router knows, or let it allow ANONYMOUS',
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_PROTOCOL: {
    message: 'what listens at {url} does not speak AMQP 1.0 as expected: {reason}',
    remedy:
      'check the port (5672 is plain, amqp://; 5671 is TLS, amqps://), that no other service stands on it, and whether the router lets nobody in without TLS',
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_CLOSED: {
    message: 'the connection to the router at {url} ended: {reason}',
    remedy: 'nothing when it comes back by itself; else look into the log of the router',
    exitCode: 1,
    httpStatus: 503,
  },
  AMQP_ADDRESS_REFUSED: {
    message: 'the router at {url} ends the link to {address}: {reason}',
    remedy: 'let this user read mc/sfe.all and mc/sfe.* and send to sfe.*, or come as another one',
    exitCode: 1,
    httpStatus: 503,
  },
  STORE_FULL: {
    message: 'records that live fill the {limit} bytes that all may take: new ones are refused',
    remedy: 'raise retention.maxBytes as far as the memory of this host allows',
    exitCode: 1,
    httpStatus: 503,
  },
  INBOX_FULL: {
    message: 'messages come faster than they are worked off, and more than {limit} wait: others are dropped',
    remedy:
      'give the collector a faster processor; when these are but bursts, raise limits.inboxMessages and inboxBytes',
    exitCode: 1,
    httpStatus: 503,
  },
  SOURCES_FULL: {
    message: 'more than {limit} routers and controllers announce themselves: others are ignored',
    remedy: 'raise sources.maxSources, or see to it that nobody else sends to mc/sfe.all',
    exitCode: 1,
    httpStatus: 503,
  },
  SERVER_URL_INVALID: {
    message: "'{server}' is no URL of a collector",
    remedy: 'give --server or TIDEMARK_SERVER as http://HOST:PORT, for example http://127.0.0.1:8010',
    exitCode: 2,
    httpStatus: 500,
  },
  COLLECTOR_UNREACHABLE: {
    message: 'no collector answers at {server}: {reason}',
    remedy: "start one with 'tidemark collector run', or name another with --server URL or TIDEMARK_SERVER",
    exitCode: 1,
    httpStatus: 502,
  },
  COLLECTOR_UNTRUSTED: {
    message: 'the certificate of the collector at {server} is not accepted: {reason}',
    remedy:
      'give --ca-file FILE or TIDEMARK_CA_FILE, with the authority that signed it, and call the collector by a name that it carries; mend the clock if it says expired',
    exitCode: 1,
    httpStatus: 502,
  },
  COLLECTOR_REFUSED: {
    message: 'the collector at {server} answered with status {status}: {reason}',
    remedy: "check that {server} is a collector's address, and that it is as new as this command",
    exitCode: 1,
    httpStatus: 502,
  },
  COLLECTOR_UNAUTHORIZED: {
    message: 'the collector at {server} answers only those it knows',
    remedy: 'give --token-file FILE or TIDEMARK_TOKEN_FILE, with a token that its http.tokenFile holds',
    exitCode: 1,
    httpStatus: 502,
  },
  ADDRESS_UNKNOWN: {
    message: 'no service address is called {addresses}',
    remedy: "{hint}'tidemark addresses' lists those that are known",
    exitCode: 1,
    httpStatus: 404,
  },
  TOKEN_IN_CLEAR: {
    message: 'a token would cross the network readable for all on the way to {server}',
    remedy: 'name the collector by https://, or leave --token-file and TIDEMARK_TOKEN_FILE out',
    exitCode: 2,
    httpStatus: 500,
  },
  COLLECTOR_ENDED_WATCH: {
    message: 'the collector at {server} ended the stream of changes',
    remedy: 'it stopped, or this command read too slowly; start the command again',
    exitCode: 1,
    httpStatus: 502,
  },
} as const satisfies Record<string, ErrorEntry>
