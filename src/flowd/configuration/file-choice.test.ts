import { describe, expect, it } from 'vitest'
import { chooseFile, impliesFlowdGo } from './file-choice.ts'

const only =
  (...files: string[]) =>
  (file: unknown) =>
    files.includes(String(file))
const choice = { conf: undefined, calledAsFlowdGo: false }

describe('the configuration file', () => {
  it('is the one named, whether it exists or not', () => {
    expect(chooseFile({ ...choice, conf: 'x.yaml' }, only())).toBe('x.yaml')
  })

  it("is flowd's own, else flowd-go's", () => {
    expect(chooseFile(choice, only('/etc/tidemark/flowd.yaml', '/etc/flowd-go/conf.yaml'))).toBe(
      '/etc/tidemark/flowd.yaml',
    )
    expect(chooseFile(choice, only('/etc/flowd-go/conf.yaml', '/etc/flowd-go/conf.json'))).toBe(
      '/etc/flowd-go/conf.yaml',
    )
    expect(chooseFile(choice, only('/etc/flowd-go/conf.json'))).toBe('/etc/flowd-go/conf.json')
    expect(chooseFile(choice, only())).toBe('/etc/tidemark/flowd.yaml')
  })

  it("is flowd-go's first when called by that name", () => {
    const called = { ...choice, calledAsFlowdGo: true }
    expect(chooseFile(called, only('/etc/tidemark/flowd.yaml', '/etc/flowd-go/conf.yaml'))).toBe(
      '/etc/flowd-go/conf.yaml',
    )
    expect(chooseFile(called, only('/etc/tidemark/flowd.yaml'))).toBe('/etc/tidemark/flowd.yaml')
    expect(chooseFile(called, only())).toBe('/etc/flowd-go/conf.yaml')
  })

  it("implies flowd-go's defaults by its place or by the program's name", () => {
    expect(impliesFlowdGo('/etc/flowd-go/conf.yaml', choice)).toBe(true)
    expect(impliesFlowdGo('/etc/tidemark/flowd.yaml', choice)).toBe(false)
    expect(impliesFlowdGo('/etc/tidemark/flowd.yaml', { ...choice, calledAsFlowdGo: true })).toBe(true)
  })
})
