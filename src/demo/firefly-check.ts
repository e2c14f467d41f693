import Schema from 'typebox/schema'
import { FIREFLY_SCHEMA, type Firefly, parseFireflyDatagram } from '../scitags/index.ts'
import { PLAN } from './plan.ts'

const SCHEMA = Schema.Compile(FIREFLY_SCHEMA)

/** What was found when a received datagram was judged. */
export interface FireflyReport {
  state: string
  experiment: number | undefined
  activity: number | undefined
  /** Empty when the message conforms to the schema and tells of the declared transfer. */
  problem: string
}

/** Judges a datagram: a firefly that conforms to schema 1.0.0 and tells of the declared transfer with its ids. */
export function judgeFirefly(datagram: string): FireflyReport {
  const parsed = parseFireflyDatagram(datagram)
  if (!parsed.ok) {
    return { state: '?', experiment: undefined, activity: undefined, problem: `${parsed.field} ${parsed.problem}` }
  }
  const { firefly } = parsed.value
  const { state, experiment, activity } = firefly
  return { state, experiment, activity, problem: schemaProblem(datagram) ?? meaningProblem(firefly) ?? '' }
}

function schemaProblem(datagram: string): string | undefined {
  const json: unknown = JSON.parse(datagram.slice(datagram.indexOf('{')))
  if (SCHEMA.Check(json)) return undefined
  const [, errors] = SCHEMA.Errors(json)
  return errors.map(error => `${error.instancePath} ${error.message}`).join('; ')
}

function meaningProblem({ flow, experiment, activity }: Firefly): string | undefined {
  const { source, destination, protocol } = flow
  const named = `${protocol} ${source.address} ${source.port} ${destination.address} ${destination.port}`
  const declared = `tcp ${PLAN.sender} ${PLAN.flows.declared.port} ${PLAN.receiver} ${PLAN.servicePort}`
  if (named !== declared) return `it names another flow: ${named}`
  if (experiment !== PLAN.experiment || activity !== PLAN.activity) {
    return `it says experiment ${experiment}, activity ${activity}`
  }
  return undefined
}
