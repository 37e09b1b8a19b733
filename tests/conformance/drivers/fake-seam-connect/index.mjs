// A stand-in for the npm package @seamapi/fake-seam-connect, with fake-seam behind it, for the test suites of Seam's SDKs.
//
// The program is the one that the environment's FAKE_SEAM names. It listens on a port of its own choice, prints its
// address on its first line, and is ended by stopServer(), or with the process that started it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** How long the program may take to say where it listens, in milliseconds. */
const STARTUP_LIMIT = 10_000

/** Answers a fake that is not running yet. */
export const createFake = async () => new Fake()

class Fake {
  /** Where it listens, once it runs. */
  serverUrl = undefined
  /** Everything that was in it when it began to run, by kind. */
  database = undefined
  #program = undefined
  #hasSeed = false

  /** Fills it with the well-known things, and answers their identifiers and tokens. */
  async seed() {
    this.#hasSeed = true
    await this.startServer()
    return await this.#get('/_fake/default_seed')
  }

  async startServer() {
    if (this.#program != null) return
    const path = process.env.FAKE_SEAM
    if (path == null) throw new Error('FAKE_SEAM has to name the program fake-seam')
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
    if (!response.ok) throw new Error(`${path} answered ${response.status}`)
    const { ok, ...answer } = await response.json()
    return answer
  }
}

/** The first line that a program prints; an error if there is none in time. */
const firstLine = async (program) => {
  const lines = createInterface({ input: program.stdout })
  const limit = AbortSignal.timeout(STARTUP_LIMIT)
  const outcome = await Promise.race([
    once(lines, 'line', { signal: limit }).then(([line]) => ({ line })),
    once(program, 'exit', { signal: limit }).then(([code]) => ({ code })),
  ])
  if (outcome.line == null) throw new Error(`fake-seam ended with ${outcome.code} before it listened`)
  return outcome.line
}
