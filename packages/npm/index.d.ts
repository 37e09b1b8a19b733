/** The state that a fake begins with. */
export type Seed =
  /** The workspace of `@seamapi/fake-seam-connect`: `seam_apikey1_token`, `august_device_1`, ... */
  | 'default'
  /** A small building; the API key is `seam_fake_api_key`. */
  | 'building'
  /** A workspace without resources; the API key is `seam_fake_api_key`. */
  | 'empty'

export interface Options {
  /** The default is `'default'`. */
  seed?: Seed
  /** Seconds that pass in the state in a real second: 1 by default, 0 to stop time. */
  pace?: number
  /** More arguments for the program. */
  args?: string[]
  /** The path of the program. The default is the environment's `FAKE_SEAM`, and then `fake-seam` in `PATH`. */
  binary?: string
  /** Milliseconds that the program may take until it listens; 10,000 by default. */
  startupTimeoutMs?: number
}

/** A failure of the network or of Seam. */
export interface Fault {
  kind: 'latency' | 'status' | 'rate_limited' | 'unreachable' | 'lost_response' | 'malformed' | 'truncated'
  /** The path of a route, such as `/devices/list`; all routes by default. */
  route?: string
  workspace_id?: string
  /** The number of requests that it applies to; unlimited by default. */
  times?: number
  /** The share of requests that it applies to, from 0 to 1; 1 by default. */
  rate?: number
  /** For `latency`: how long. */
  seconds?: number
  /** For `status`: the HTTP status. */
  status?: number
}

export interface Settings {
  /** Seconds that an action takes. */
  action_delay_seconds?: number
  /** Whether the documented rate limits apply. */
  rate_limits?: boolean
}

/** A running fake. */
export interface FakeSeam {
  /** The endpoint for clients: `http://127.0.0.1:PORT`. */
  readonly url: string
  /** An API key that the fake accepts. */
  readonly apiKey: string
  /** The process id of the program. */
  readonly pid: number
  /** Ends the program, and resolves once it has ended. */
  stop(): Promise<void>
  /** Replaces the state by a seed, by default the one that the fake began with. */
  reset(options?: { seed?: Seed }): Promise<void>
  /** Advances the clock of the fake: what is due in these seconds happens at once. */
  advanceTime(seconds: number): Promise<void>
  /** Injects a fault. */
  inject(fault: Fault): Promise<void>
  /** Ends all faults. */
  clearFaults(): Promise<void>
  updateSettings(settings: Settings): Promise<void>
  /** Returns the identifiers and tokens of the seed `default`. */
  seedValues(): Promise<Record<string, string>>
  /** Returns all resources by kind, secrets included. */
  database(): Promise<Record<string, unknown>>
  /** Sends a request to a control route, for those that have no method here. */
  control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a fake, and resolves once it listens. */
export function createFake(options?: Options): Promise<FakeSeam>
