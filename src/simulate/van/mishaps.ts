import type { Random } from '../random.ts'
import { ticks } from './clock.ts'
import type { SimulatedNetwork } from './network.ts'

/** Things that befall a network now and then. */
export const MISHAPS = [
  'restart',
  'replace',
  'silence',
  'links',
  'process',
  'controller',
  'gap',
  'clock',
  'cut',
] as const
export type Mishap = (typeof MISHAPS)[number]

/** How long a site is silent or a link down, in simulated time. */
const SPELL_TICKS = ticks(12_000)

/** What happens at a mishap; the sites that it meets are drawn. Some are made good by a second step. */
interface Step {
  network: SimulatedNetwork
  /** Index of the site that it meets. */
  site: number
  random: Random
  /** Cuts the clients' connections. */
  cut: () => void
  /** Does something after a while. */
  later: (act: () => void) => void
}

const STEPS: Readonly<Record<Mishap, (step: Step) => void>> = {
  restart: ({ network, site }) => network.restartRouter(site),
  replace: ({ network, site }) => network.replaceRouter(site),
  silence: ({ network, site, later }) => {
    network.silence(site)
    later(() => network.silence(site, false))
  },
  links: ({ network, site, later }) => {
    network.setLinks(site, false)
    later(() => network.setLinks(site, true))
  },
  process: ({ network, site, later }) => {
    const process = network.addProcess(site, 'batch')
    later(() => network.removeProcess(site, process))
  },
  controller: ({ network, site }) => network.restartController(site),
  gap: ({ network, site, random }) => network.leaveGap(site, 1 + random.integer(20)),
  clock: ({ network, site, random }) => network.skewClock(site, (random.integer(7) - 3) * 1_000_000),
  cut: ({ cut }) => cut(),
}

/** Lets mishaps befall a network, each every so many seconds of simulated time. */
export class Mishaps {
  readonly #every: ReadonlyMap<Mishap, number>
  readonly #network: SimulatedNetwork
  readonly #cut: () => void
  readonly #random: Random
  #tick = 0
  #remedies: { tick: number; act: () => void }[] = []

  /**
   * @param everySeconds how often each befalls; what is absent never does
   * @param cut cuts the clients' connections
   */
  constructor(
    everySeconds: Readonly<Partial<Record<Mishap, number>>>,
    network: SimulatedNetwork,
    cut: () => void,
    random: Random,
  ) {
    const rows = MISHAPS.map(mishap => [mishap, ticks((everySeconds[mishap] ?? 0) * 1000)] as const)
    this.#every = new Map(rows.filter(([, every]) => every > 0))
    this.#network = network
    this.#cut = cut
    this.#random = random
  }

  tick(): void {
    this.#tick += 1
    for (const [mishap, every] of this.#every) if (this.#tick % every === 0) this.#befall(mishap)
    const due = this.#remedies.filter(remedy => remedy.tick <= this.#tick)
    this.#remedies = this.#remedies.filter(remedy => remedy.tick > this.#tick)
    for (const { act } of due) act()
  }

  #befall(mishap: Mishap): void {
    STEPS[mishap]({
      network: this.#network,
      site: this.#random.integer(this.#network.plan.sites.length),
      random: this.#random,
      cut: this.#cut,
      later: act => this.#remedies.push({ tick: this.#tick + SPELL_TICKS, act }),
    })
  }
}
