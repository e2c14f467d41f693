import { describe, expect, it } from 'vitest'
import { roleOfFile, rolesOfHost } from './roles.ts'

const WANTS = '/etc/systemd/system/multi-user.target.wants'
const UNSAID = '# What the collector does.\n#amqp:\n#  url: amqp://localhost\n'

describe('rolesOfHost', () => {
  it.each<[string, Record<string, string>, string[]]>([
    ['nothing', {}, []],
    ['installed packages', { '/etc/tidemark/flowd.yaml': UNSAID, '/etc/tidemark/collector.yaml': UNSAID }, []],
    ['an enabled unit', { [`${WANTS}/tidemark-collector.service`]: '[Unit]' }, ['collector']],
    ['a configuration of flowd-go', { '/etc/flowd-go/conf.json': '{"plugins": {}}' }, ['flowd']],
    [
      'a unit and a configuration',
      { [`${WANTS}/tidemark-flowd.service`]: '', '/etc/tidemark/collector.yaml': 'http: {}' },
      ['flowd', 'collector'],
    ],
    ['a connect.json', { '/etc/messaging/connect.json': '{"scheme": "amqps"}' }, ['collector']],
  ])('by %s', (_what, files, roles) => {
    const environment = { MESSAGING_CONNECT_FILE: '/etc/messaging/connect.json' }
    expect(rolesOfHost(environment, file => files[file])).toEqual(roles)
  })
})

describe('roleOfFile', () => {
  it.each([
    ['amqp: {url: amqp://localhost}', 'collector'],
    ['{"http": {}, "retenton": {}}', 'collector'],
    ['plugins: {}', 'flowd'],
    ['http: {}\nbackends: {}', 'flowd'],
    ['', 'flowd'],
    ['- {', 'flowd'],
    [undefined, 'flowd'],
  ])('takes %j for one of %s', (text, role) => {
    expect(roleOfFile('/x', () => text)).toBe(role)
  })
})
