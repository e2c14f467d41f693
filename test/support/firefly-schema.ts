import { Ajv2020 } from 'ajv/dist/2020.js'
import addFormats from 'ajv-formats'
import { FIREFLY_SCHEMA } from '../../src/scitags/index.ts'

const ajv = new Ajv2020({ strict: false })
addFormats.default(ajv)

/** Whether JSON is a firefly of schema 1.0.0, by a validator that is not ours. */
export const conformsToFireflySchema: (json: unknown) => boolean = ajv.compile(FIREFLY_SCHEMA)
