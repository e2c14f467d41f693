import { execFile, spawnSync } from 'node:child_process'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { FLOWD_GO_PROGRAM, FlowdProcess, TIDEMARK } from '../../support/flowd/flowd-process.ts'
import { testFolder } from '../../support/test-folder.ts'

const folder = testFolder()

/** Runs a command to its end. */
function tidemark(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(TIDEMARK, words, { encoding: 'utf8', timeout: 20_000 })
  return { status, stdout, stderr }
}

function file(name: string, text: string): string {
  const path = join(folder, name)
  writeFileSync(path, text)
  return path
}

describe('the life of flowd', () => {
  it('says when it is ready, answers at its socket, and leaves nothing behind when it is told to end', async () => {
    await using flowd = await new FlowdProcess().ready()
    expect(readFileSync(join(flowd.folder, 'flowd.pid'), 'utf8')).toBe(`${flowd.child.pid}\n`)
    expect(statSync(join(flowd.folder, 'flowd.sock')).mode & 0o777).toBe(0o660)
    expect(await flowd.control.health()).toMatchObject({ status: 'ready', liveFlows: 0 })
    expect(flowd.stdout).toMatch(/^flowd is ready: plugins none; backends none; enrichers none; 0 live flows; config/)
    expect(await flowd.stop()).toBe(0)
    expect(existsSync(join(flowd.folder, 'flowd.pid'))).toBe(false)
    expect(existsSync(join(flowd.folder, 'flowd.sock'))).toBe(false)
  })

  it('ends by SIGINT as well', async () => {
    await using flowd = await new FlowdProcess().ready()
    expect(await flowd.stop('SIGINT')).toBe(0)
  })

  it('serves health, readiness and metrics over its socket', async () => {
    await using flowd = await new FlowdProcess().ready()
    expect(await flowd.get('/readyz')).toEqual({ status: 200, text: expect.stringContaining('"ready"') as string })
    expect(await flowd.get('/healthz')).toEqual({ status: 200, text: expect.stringContaining('"ready"') as string })
    expect((await flowd.get('/metrics')).text).toContain('tidemark_flowd_live_flows 0')
    expect(await flowd.get('/nowhere')).toEqual({
      status: 404,
      text: expect.stringContaining('"HTTP_NOT_FOUND"') as string,
    })
  })

  it('takes events and lists flows by its commands', async () => {
    await using flowd = await new FlowdProcess().ready()
    const run = (...words: string[]) => tidemark('--conf', flowd.configurationFile, 'flowd', ...words)
    expect(
      run('send', 'start', 'tcp', '2001:db8::1', '2345', '2001:db8::2', '5777', 'cms', 'Data Challenge').status,
    ).toBe(0)
    expect(run('send', 'start', 'udp', '192.0.2.1', '1', '192.0.2.2', '2', '3', '14').status).toBe(0)
    const table = run('flows').stdout
    expect(table).toMatch(/^PROTOCOL +SOURCE +DESTINATION/)
    expect(table).toMatch(/^tcp +\[2001:db8::1\]:2345 +\[2001:db8::2\]:5777 +cms +Data Challenge +0x/m)
    const flows = JSON.parse(run('flows', '-o', 'json').stdout) as unknown[]
    expect(flows).toHaveLength(2)
    expect(run('flows', '-o', 'jsonl').stdout.trim().split('\n')).toHaveLength(2)
    const odd = run('send', 'start', 'udp', '::1', '1', '::1', '2', '600', '14')
    expect(odd).toEqual({ status: 0, stdout: '', stderr: expect.stringMatching(/^warning: experiment 600 /) as string })
    expect(run('send', 'end', 'udp', '::1', '1', '::1', '2', '600', '14')).toEqual({
      status: 0,
      stdout: '',
      stderr: '',
    })
    const wrong = run('send', 'start', 'sctp', '2001:db8::1', '2345', '2001:db8::2', '5777', 'cms', '4')
    expect(wrong).toMatchObject({ status: 1, stderr: expect.stringMatching(/EVENT_REFUSED[\s\S]*remedy: /) as string })
    const unknown = run('send', 'end', 'tcp', '2001:db8::9', '2345', '2001:db8::2', '5777', 'cms', '4')
    expect(unknown).toMatchObject({ status: 1, stderr: expect.stringContaining('FLOW_UNKNOWN') as string })
    expect(run('send', 'end', 'udp', '192.0.2.1', '1', '192.0.2.2', '2', '3', '14').status).toBe(0)
    expect(await flowd.control.flows()).toHaveLength(1)
  })

  it('says that nobody answers when flowd does not run', () => {
    expect(tidemark('flowd', 'flows', '--socket', join(folder, 'none.sock'))).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^error FLOWD_UNREACHABLE: .*\nremedy: /) as string,
    })
  })

  it('refuses to run beside another instance', async () => {
    await using first = await new FlowdProcess().ready()
    const second = new FlowdProcess({ folder: first.folder })
    expect(await second.ended()).toBe(1)
    expect(second.stderr).toContain('CONTROL_SOCKET_IN_USE')
    expect(await first.control.health()).toMatchObject({ status: 'ready' })
  })

  it('takes over from an instance that was killed', async () => {
    const killed = await new FlowdProcess({ folder }).ready()
    expect(await killed.stop('SIGKILL')).toBe('SIGKILL')
    expect(existsSync(join(folder, 'flowd.sock'))).toBe(true)
    await using next = await new FlowdProcess({ folder }).ready()
    expect(readFileSync(join(folder, 'flowd.pid'), 'utf8')).toBe(`${next.child.pid}\n`)
  })

  it('tells the service manager', async () => {
    const path = join(folder, 'notify')
    const script = `
import socket, sys
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind(sys.argv[1])
while True:
    message = s.recv(4096).decode()
    print(message.replace('\\n', ' '), flush=True)
    if message.startswith('STOPPING'): break
`
    const manager = promisify(execFile)('python3', ['-c', script, path])
    while (!existsSync(path)) await new Promise(resolve => setTimeout(resolve, 10))
    await using flowd = await new FlowdProcess({ environment: { NOTIFY_SOCKET: path } }).ready()
    flowd.child.kill('SIGHUP')
    await flowd.says(/configuration read again/)
    expect(await flowd.stop()).toBe(0)
    expect((await manager).stdout.split('\n').map(line => line.split(' ')[0])).toEqual([
      'READY=1',
      'RELOADING=1',
      'READY=1',
      'STOPPING=1',
      '',
    ])
  })
})

describe('a wrong configuration', () => {
  it('is refused with file, line, key and exit code 78, every error at once', async () => {
    await using flowd = new FlowdProcess({
      configuration: 'drainSeconds: soon\ncontrolSocket:\n  mode: 999\nflowTable:\n  maxFlows: 0\n',
    })
    expect(await flowd.ended()).toBe(78)
    const { configurationFile: path, stderr } = flowd
    expect(stderr).toMatch(/^error CONFIG_INVALID: /m)
    expect(stderr).toContain(`${path}:1:15: drainSeconds: is 'soon', expected a number from 0 to 3600`)
    expect(stderr).toContain(`${path}:3:9: controlSocket.mode: is 999, expected`)
    expect(stderr).toContain(`${path}:5:13: flowTable.maxFlows: is 0, expected an integer of at least 1`)
    expect(stderr).toMatch(/^remedy: /m)
    expect(stderr).not.toMatch(/^\s+at /m)
  })

  it('is refused when it is no YAML', async () => {
    await using flowd = new FlowdProcess({ configuration: 'plugins: [\n' })
    expect(await flowd.ended()).toBe(78)
    expect(flowd.stderr).toContain(`${flowd.configurationFile}:2:1: `)
  })

  it('is missed with exit code 78', () => {
    expect(tidemark('--conf', join(folder, 'missing.yaml'), 'flowd', 'run')).toMatchObject({
      status: 78,
      stderr: expect.stringMatching(/^error CONFIG_NOT_FOUND: .*missing\.yaml\nremedy: /) as string,
    })
  })

  it('is checked without running, unknown keys named with what is near', () => {
    const path = file('typo.yaml', 'pidPth: /x\nplugins: {api: {}}\nbackends: {firefly: {}}\n')
    const check = tidemark('flowd', 'check', '--conf', path)
    expect(check).toMatchObject({ status: 0 })
    expect(check.stderr).toBe(`warning: ${path}:1:1: pidPth: unknown key, ignored; did you mean 'pidPath'?\n`)
    expect(tidemark('flowd', 'check', '--strict', '--conf', path)).toMatchObject({
      status: 78,
      stderr: expect.stringContaining("did you mean 'pidPath'?") as string,
    })
  })

  it('is read once, so that it may come out of a pipe', () => {
    const script = `echo 'pidPath: /x' | "$0" flowd check --conf /dev/stdin`
    const { stdout } = spawnSync('sh', ['-c', script, TIDEMARK], { encoding: 'utf8', timeout: 20_000 })
    expect(stdout).toMatch(/^pidPath +'\/x' +\/dev\/stdin:1$/m)
  })

  it('never leaves a section of flowd-go unsaid that has no effect', () => {
    const check = tidemark('flowd', 'check', '--conf', file('old.yaml', 'stunServers: [stun:a:1]\nenrichers: {}\n'))
    expect(check.status).toBe(0)
    expect(check.stderr).toMatch(/:1:1: stunServers: has no effect/)
  })
})

describe('a check', () => {
  it('prints each value in force with its origin', () => {
    const path = file('check.yaml', 'pidPath: /x\n')
    const table = tidemark('flowd', 'check', '--conf', path).stdout
    expect(table).toMatch(new RegExp(`^pidPath +'/x' +${path}:1$`, 'm'))
    expect(table).toMatch(/^workDir +'\/var\/lib\/tidemark\/flowd' +default$/m)
    const rows = JSON.parse(tidemark('flowd', 'check', '--conf', path, '-o', 'json').stdout) as { key: string }[]
    expect(rows.map(row => row.key)).toContain('flowTable.maxFlows')
  })

  it("has flowd-go's defaults when called by that name, and takes its command line", () => {
    const path = file('go.yaml', '{}\n')
    const conf = spawnSync(FLOWD_GO_PROGRAM, ['--conf', path, '--log-level', 'debug', 'conf'], { encoding: 'utf8' })
    expect(conf.status).toBe(0)
    expect(JSON.parse(conf.stdout)).toMatchObject({ PidPath: '/var/run/flowd-go.pid', WorkDir: '/var/cache/flowd-go' })
    const own = tidemark('flowd', 'conf', '--conf', path)
    expect(JSON.parse(own.stdout)).toMatchObject({ PidPath: '/run/tidemark/flowd.pid' })
    const compatible = file('compatible.yaml', 'compatibility: flowd-go\n')
    expect(JSON.parse(tidemark('flowd', 'conf', '--conf', compatible).stdout)).toMatchObject({
      PidPath: '/var/run/flowd-go.pid',
    })
  })
})

describe('a reload', () => {
  it('changes what it can, says what it cannot, and keeps the flows', async () => {
    await using flowd = await new FlowdProcess().ready()
    await flowd.control.send(['start tcp ::1 2345 ::1 5777 3 14'])
    flowd.configure({ drainSeconds: 1 })
    const { warnings } = await flowd.control.reload()
    expect(warnings.filter(warning => !warning.includes('none is on'))).toEqual([
      'drainSeconds has changed in the file: only a restart changes it',
    ])
    expect(await flowd.control.flows()).toHaveLength(1)
  })

  it('by SIGHUP leaves the old configuration in force when the new one is wrong, and says why', async () => {
    await using flowd = await new FlowdProcess().ready()
    flowd.configure('drainSeconds: soon\n')
    flowd.child.kill('SIGHUP')
    await flowd.says(/the new configuration is refused, the old one stays in force/)
    expect(flowd.stderr).toContain(':1:15: drainSeconds')
    expect(await flowd.control.health()).toMatchObject({ status: 'ready' })
    expect(await flowd.stop()).toBe(0)
  })
})

describe('the command line', () => {
  it('exits 2 on wrong usage', () => {
    for (const words of [
      ['flowd', 'nonsense'],
      ['flowd', 'send', 'start'],
      ['flowd', 'flows', '-o', 'xml'],
      ['flowd', 'stun', 'sample', '--stun-server', 'stun.example.org:port'],
      ['flowd', 'stun', 'sample', '--http-service', 'ipconfig.io'],
      ['--what'],
    ]) {
      expect(tidemark(...words).status).toBe(2)
    }
    const path = file('empty.yaml', '')
    expect(tidemark('--conf', path, 'flowd', 'run', '--without', 'nothing')).toMatchObject({
      status: 2,
      stderr: expect.stringContaining('UNIT_UNKNOWN') as string,
    })
  })
})
