/** The initial state of a fake. */
export type Seed =
  /** The workspace of `@seamapi/fake-seam-connect`: `seam_apikey1_token`, `august_device_1`, ... */
  | 'default'
  /** A small building; the API key is `seam_fake_api_key`. */
  | 'building'
  /** A workspace without resources; the API key is `seam_fake_api_key`. */
  | 'empty'

export interface Options {
  /** The initial state; `'default'` by default. */
  seed?: Seed
  /** Seconds of the fake's clock for each real second: 1 by default, 0 to stop the clock. */
  pace?: number
  /** Additional arguments of the program. */
  args?: string[]
  /** The path of the program. The default is the environment variable `FAKE_SEAM`, and then `fake-seam` in `PATH`. */
  binary?: string
  /** The time limit for the start of the program, in milliseconds; 10,000 by default. */
  startupTimeoutMs?: number
}

/** A fault of the network or of Seam. */
export interface Fault {
  kind: 'latency' | 'status' | 'rate_limited' | 'unreachable' | 'lost_response' | 'malformed' | 'truncated'
  /** The path of a route, such as `/devices/list`; all routes by default. */
  route?: string
  workspace_id?: string
  /** The number of affected requests; unlimited by default. */
  times?: number
  /** The fraction of affected requests, from 0 to 1; 1 by default. */
  rate?: number
  /** For `latency`: the delay in seconds. For `rate_limited`: the seconds in `retry-after`. */
  seconds?: number
  /** For `status`: the HTTP status. */
  status?: number
}

export interface Settings {
  /** The duration of an action, in seconds. */
  action_delay_seconds?: number
  /** Enables the documented rate limits. */
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
  /** Stops the program, and resolves when it has exited. */
  stop(): Promise<void>
  /** Replaces the state by a seed, by default the current seed. */
  reset(options?: { seed?: Seed }): Promise<void>
  /** Advances the clock of the fake, and runs all timers that expire in this time. */
  advanceTime(seconds: number): Promise<void>
  /** Injects a fault. */
  inject(fault: Fault): Promise<void>
  /** Removes all faults. */
  clearFaults(): Promise<void>
  /** Changes settings. */
  updateSettings(settings: Settings): Promise<void>
  /** Returns the ids and tokens of the seed `default`. */
  seedValues(): Promise<Record<string, string>>
  /** Returns all resources by kind, including their secrets. */
  database(): Promise<Record<string, unknown>>
  /** Sends a request to a control route without a method of its own. */
  control(method: string, path: string, body?: unknown): Promise<Record<string, unknown>>
  [Symbol.asyncDispose](): Promise<void>
}

/** Starts a fake, and resolves when it accepts connections. */
export function createFake(options?: Options): Promise<FakeSeam>
