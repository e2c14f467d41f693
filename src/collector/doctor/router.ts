import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type Check, type Finding, failed, judgeValidity, ok, warning } from '../../checks/index.ts'
import { isTidemarkError, TidemarkError } from '../../common/index.ts'
import { BEACON_ADDRESS } from '../../vanflow/index.ts'
import { type Credentials, endpointUrl, loadCredentials, reachRouter } from '../ingest/index.ts'
import { listenToRouter } from './listen-to-router.ts'
import type { CollectorSetting } from './setting.ts'

const MS_PER_S = 1000

/** Whether the router is there, is who it should be, lets us in, and passes on what a collector lives on. */
export const checkRouter: Check<CollectorSetting> = async setting => {
  const findings: Finding[] = []
  let step = `router ${endpointUrl(setting.router)}`
  try {
    const credentials = loadCredentials(setting.router, new Date())
    findings.push(...checkOurCertificate(setting), ...(await checkReach(step, setting, credentials)))
    step = 'AMQP'
    findings.push(...(await checkAmqp(step, setting, credentials)))
  } catch (error) {
    if (!isTidemarkError(error)) throw error
    findings.push(failed(step, error.message, error.remedy))
  }
  return findings
}

/** For how long ours holds; that it can be used was seen before. */
function checkOurCertificate({ router }: CollectorSetting): Finding[] {
  const file = router.tls?.certificateFile
  if (file === undefined) return []
  return [judgeValidity('certificate for the router', new X509Certificate(readFileSync(file)), `renew ${file}`)]
}

/** @throws TidemarkError why there is no connection */
async function checkReach(
  check: string,
  { configuration, router }: CollectorSetting,
  credentials: Credentials,
): Promise<Finding[]> {
  const { address, protocol, certificate } = await reachRouter(router, credentials, openTimeoutMs(configuration))
  if (certificate === undefined) return [ok(check, `reached at ${address}, without TLS`)]
  const validity = judgeValidity("router's certificate", certificate, "renew the router's certificate")
  if (router.tls?.verify === false) {
    const remedy = 'set amqp.tls.verify (or verify in connect.json) to true, with the right caFile'
    return [
      warning(check, `reached at ${address} by ${protocol}, whoever that is: nothing is verified`, remedy),
      validity,
    ]
  }
  return [ok(check, `reached at ${address} by ${protocol}`), validity]
}

/** @throws TidemarkError why the router does not accept us */
async function checkAmqp(
  check: string,
  { configuration, router }: CollectorSetting,
  credentials: Credentials,
): Promise<Finding[]> {
  const { amqp } = configuration
  const options = {
    credit: amqp.credit,
    idleTimeoutMs: amqp.idleTimeoutSeconds * MS_PER_S,
    openTimeoutMs: openTimeoutMs(configuration),
  }
  const { peer, source, refusal, waitedMs } = await listenToRouter(router, credentials, options)
  const waited = `${(waitedMs / MS_PER_S).toFixed(1)} s`
  const opened = ok(check, `opened by ${[peer.product, peer.version].join(' ').trim() || 'a nameless router'}`)
  if (source !== undefined) return [opened, ok('VAN-Flow', `${source} announced itself within ${waited}`)]
  if (refusal !== undefined) {
    const refused = { url: endpointUrl(router), address: BEACON_ADDRESS, reason: refusal }
    const { message, remedy } = new TidemarkError('AMQP_ADDRESS_REFUSED', refused)
    return [opened, failed('VAN-Flow', message, remedy)]
  }
  const found = `nothing announced itself at ${BEACON_ADDRESS} within ${waited}: what answers is no router of a Skupper network, or one that is alone and says nothing`
  return [opened, failed('VAN-Flow', found, 'name a router of the network: docs/how-to/connect-to-skupper.md')]
}

function openTimeoutMs({ amqp }: CollectorSetting['configuration']): number {
  return amqp.openTimeoutSeconds * MS_PER_S
}
