// A replacement for the npm package @seamapi/fake-seam-connect that runs fake-seam, for the test suites of Seam's SDKs.
//
// The environment variable FAKE_SEAM has the path of the program. It listens on a free port and prints its URL as the first line.
// stopServer() or the end of this process stops it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** The time limit for the program to print its URL, in milliseconds. */
const STARTUP_LIMIT = 10_000

/** Creates a fake, which is not started yet. */
export const createFake = async () => new Fake()

class Fake {
  /** The URL of the server, once it runs. */
  serverUrl = undefined
  /** The initial resources of the fake, by kind. */
  database = undefined
  #program = undefined
  #hasSeed = false

  /** Starts the fake with its default seed, and returns the ids and tokens of the seed. */
  async seed() {
    this.#hasSeed = true
    await this.startServer()
    return await this.#get('/_fake/default_seed')
  }

  async startServer() {
    if (this.#program != null) return
    const path = process.env.FAKE_SEAM
    if (path == null) throw new Error('FAKE_SEAM is not set; set it to the path of fake-seam')
    const program = spawn(path, ['--quiet', '--port', '0', ...(this.#hasSeed ? ['--seed'] : [])], {
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#program = program
    process.once('exit', this.#kill)
    this.serverUrl = await firstLine(program)
    this.database = await this.#get('/_fake/database')
  }

  async stopServer() {
    const program = this.#program
    if (program == null) return
    this.#program = undefined
    process.off('exit', this.#kill)
    if (program.exitCode == null && program.signalCode == null) {
      const end = once(program, 'exit')
      program.kill()
      await end
    }
  }

  #kill = () => this.#program?.kill()

  async #get(path) {
    const response = await fetch(`${this.serverUrl}${path}`)
    if (!response.ok) throw new Error(`${path}: unexpected status ${response.status}`)
    const { ok, ...body } = await response.json()
    return body
  }
}

/** Returns the first line that a program prints, or throws an error after the time limit. */
const firstLine = async (program) => {
  const lines = createInterface({ input: program.stdout })
  const limit = AbortSignal.timeout(STARTUP_LIMIT)
  const outcome = await Promise.race([
    once(lines, 'line', { signal: limit }).then(([line]) => ({ line })),
    once(program, 'exit', { signal: limit }).then(([code]) => ({ code })),
  ])
  if (outcome.line == null) throw new Error(`fake-seam exited with code ${outcome.code} before it printed its URL`)
  return outcome.line
}
