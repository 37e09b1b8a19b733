// Starts the program `fake-seam` on a free port, and stops it when this process ends.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, statSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'

/** The API key of each seed. */
const API_KEYS = { default: 'seam_apikey1_token', building: 'seam_fake_api_key', empty: 'seam_fake_api_key' }

/** Starts a fake, and resolves when it accepts connections. */
export const createFake = async (options = {}) => {
  const { seed = 'default', pace, args = [], binary, startupTimeoutMs = 10_000 } = options
  if (!Object.hasOwn(API_KEYS, seed)) {
    throw new TypeError(`unknown seed '${seed}'; expected 'default', 'building' or 'empty'`)
  }
  const flags = ['--quiet', '--port', '0', '--exit-with-stdin']
  if (seed !== 'empty') flags.push('--seed', seed)
  if (pace != null) flags.push('--pace', String(pace))

  // PORT configures the program under test, not the fake.
  const { PORT, ...env } = process.env
  const child = spawn(findBinary(binary), [...flags, ...args], {
    env,
    // The fake stops at the end of its standard input, which the operating system closes if this process is killed.
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const kill = () => child.kill()
  process.once('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  try {
    const url = await firstLine(child, startupTimeoutMs)
    // A running fake must not keep this process alive.
    child.unref()
    child.stdin.unref()
    child.stdout.unref()
    return new FakeSeam(child, url, seed)
  } catch (error) {
    child.kill()
    throw error
  }
}

/** A running fake. */
class FakeSeam {
  #child
  #seed

  constructor(child, url, seed) {
    this.#child = child
    this.#seed = seed
    this.url = url
  }

  get apiKey() {
    return API_KEYS[this.#seed]
  }

  get pid() {
    return this.#child.pid
  }

  async stop() {
    const child = this.#child
    if (child.exitCode != null || child.signalCode != null) return
    child.ref()
    const end = once(child, 'exit')
    child.kill()
    await end
  }

  async [Symbol.asyncDispose ?? Symbol.for('Symbol.asyncDispose')]() {
    await this.stop()
  }

  async reset({ seed = this.#seed } = {}) {
    await this.control('POST', '/_fake/reset', { seed })
    this.#seed = seed
  }

  async advanceTime(seconds) {
    await this.control('POST', '/_fake/advance_time', { seconds })
  }

  async inject(fault) {
    await this.control('POST', '/_fake/faults', fault)
  }

  async clearFaults() {
    await this.control('DELETE', '/_fake/faults')
  }

  async updateSettings(settings) {
    await this.control('POST', '/_fake/settings', settings)
  }

  async seedValues() {
    return await this.control('GET', '/_fake/default_seed')
  }

  async database() {
    return await this.control('GET', '/_fake/database')
  }

  async control(method, path, body) {
    const response = await fetch(`${this.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json' },
      body: body === undefined ? undefined : JSON.stringify(body),
    })
    const text = await response.text()
    if (!response.ok) throw new Error(`${method} ${path} failed with status ${response.status}: ${text}`)
    const { ok, ...result } = JSON.parse(text)
    return result
  }
}

/** Returns the path of the program, or throws an error that describes how to install it. */
const findBinary = (option) => {
  const named = option ?? process.env.FAKE_SEAM
  if (named) {
    if (isExecutable(named)) return named
    const source = option ? "the option 'binary'" : 'the environment variable FAKE_SEAM'
    throw new Error(`${source} is '${named}', which is not an executable file; ${HELP}`)
  }
  const name = process.platform === 'win32' ? 'fake-seam.exe' : 'fake-seam'
  const candidates = (process.env.PATH ?? '').split(delimiter).filter(Boolean)
  const found = candidates.map((directory) => join(directory, name)).find(isExecutable)
  if (found == null) throw new Error(`cannot find 'fake-seam' in PATH; ${HELP}`)
  return found
}

const HELP =
  'build it in a checkout of seam-rs with `cargo install --path crates/seam-fake`, and put it in PATH or set FAKE_SEAM to its path'

const isExecutable = (path) => {
  try {
    accessSync(path, constants.X_OK)
    return statSync(path).isFile()
  } catch {
    return false
  }
}

/** Returns the first line that a program prints, or throws an error after the time limit. */
const firstLine = async (child, timeoutMs) => {
  const lines = createInterface({ input: child.stdout })
  const timeout = new AbortController()
  const { signal } = timeout
  const timer = setTimeout(() => timeout.abort(), timeoutMs)
  try {
    const [line] = await Promise.race([
      once(lines, 'line', { signal }),
      once(child, 'exit', { signal }).then(([code, reason]) => {
        throw new Error(`fake-seam exited with ${code ?? reason} before it accepted connections`)
      }),
    ])
    return line
  } catch (error) {
    if (signal.aborted) throw new Error(`fake-seam did not accept connections within ${timeoutMs} ms`)
    throw error
  } finally {
    clearTimeout(timer)
    timeout.abort()
  }
}
