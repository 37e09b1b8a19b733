// Tests of the package. The environment variable FAKE_SEAM has the path of the program. `cargo xtask ci wrappers` runs them, and
// checks the types of this file against `index.d.ts`.

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect } from 'node:net'
import { dirname } from 'node:path'
import process from 'node:process'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { fileURLToPath } from 'node:url'

import { createFake, type FakeSeam, type Options } from 'fake-seam'

const TIMEOUT = { timeout: 20_000 }

/** Starts a fake, and stops it at the end of the test. */
const start = async (t: TestContext, options?: Options): Promise<FakeSeam> => {
  const fake = await createFake(options)
  t.after(() => fake.stop())
  return fake
}

const call = async (fake: FakeSeam, path: string, body: object = {}) => {
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${fake.apiKey}` }
  const response = await fetch(`${fake.url}${path}`, { method: 'POST', headers, body: JSON.stringify(body) })
  return { status: response.status, body: (await response.json().catch(() => null)) as any }
}

/** Connects to a fake, and returns a function that waits until the fake has closed the connection and exited. */
const closed = async (url: string): Promise<() => Promise<void>> => {
  const { hostname, port } = new URL(url)
  const socket = connect(Number(port), hostname)
  socket.on('error', () => {})
  await once(socket, 'connect')
  const close = new Promise((resolve) => socket.once('close', resolve))
  socket.resume()
  return async () => {
    await close
    await assert.rejects(fetch(url))
  }
}

test('a fake serves each seed', TIMEOUT, async (t) => {
  for (const [seed, count] of [['default', 5], ['building', 5], ['empty', 0]] as const) {
    const fake = await start(t, { seed })
    const { status, body } = await call(fake, '/devices/list')
    assert.deepEqual([status, body.devices.length], [200, count], seed)
  }
})

test('fakes do not share state, and a reset restores the seed', TIMEOUT, async (t) => {
  const [one, other] = await Promise.all([start(t), start(t)])
  assert.notEqual(one.url, other.url)
  const code = { device_id: 'august_device_1', code: '1234' }
  assert.equal((await call(one, '/access_codes/create', code)).status, 200)
  const count = async (fake: FakeSeam) =>
    (await call(fake, '/access_codes/list', { device_id: 'august_device_1' })).body.access_codes.length
  assert.deepEqual([await count(one), await count(other)], [1, 0])
  await one.reset()
  assert.equal(await count(one), 0)
  await one.reset({ seed: 'empty' })
  assert.equal(one.apiKey, 'seam_fake_api_key')
  assert.deepEqual((await call(one, '/devices/list')).body.devices, [])
})

test('time, settings and faults can be controlled', TIMEOUT, async (t) => {
  const fake = await start(t, { pace: 0 })
  await fake.updateSettings({ action_delay_seconds: 60 })
  const { body } = await call(fake, '/locks/unlock_door', { device_id: 'august_device_1' })
  const { action_attempt_id } = body.action_attempt
  const status = async () => (await call(fake, '/action_attempts/get', { action_attempt_id })).body.action_attempt.status
  assert.equal(await status(), 'pending')
  await fake.advanceTime(61)
  assert.equal(await status(), 'success')

  await fake.inject({ kind: 'status', status: 503, route: '/devices/list' })
  assert.equal((await call(fake, '/devices/list')).status, 503)
  await fake.clearFaults()
  assert.equal((await call(fake, '/devices/list')).status, 200)

  assert.equal((await fake.seedValues()).seam_apikey1_token, fake.apiKey)
  assert.ok(Array.isArray((await fake.database()).devices))
  await assert.rejects(fake.advanceTime(-1), /advance_time failed with status 400/)
})

test('stop ends the program, and is idempotent', TIMEOUT, async () => {
  const fake = await createFake()
  const end = await closed(fake.url)
  await fake.stop()
  await end()
  assert.throws(() => process.kill(fake.pid, 0), { code: 'ESRCH' })
  await fake.stop()
})

for (const [name, argument, signal] of [
  ['returns', 'return', undefined],
  ['throws', 'throw', undefined],
  ['is interrupted', 'wait', 'SIGINT'],
  ['is killed', 'wait', 'SIGKILL'],
] as const) {
  test(`the program ends when the process that started it ${name}`, TIMEOUT, async () => {
    const parent = fileURLToPath(new URL('parent.js', import.meta.url))
    // Ignores the stack trace of the process that throws.
    const child = spawn(process.execPath, [parent, argument], { stdio: ['pipe', 'pipe', 'ignore'] })
    const exit = once(child, 'exit')
    const [url] = await once(createInterface({ input: child.stdout }), 'line')
    const end = await closed(url)
    if (signal == null) child.stdin.write('continue\n')
    else child.kill(signal)
    await exit
    await end()
  })
}

test('the error for a missing program describes how to install it', TIMEOUT, async (t) => {
  const { FAKE_SEAM, PATH } = process.env
  t.after(() => Object.assign(process.env, { FAKE_SEAM, PATH }))
  const rejects = async (problem: RegExp, options?: Options) => {
    await assert.rejects(createFake(options), (error: Error) => {
      assert.match(error.message, problem)
      assert.match(error.message, /cargo install --path crates\/seam-fake/)
      return true
    })
  }
  process.env.FAKE_SEAM = '/nowhere/fake-seam'
  await rejects(/environment variable FAKE_SEAM is '\/nowhere\/fake-seam'/)
  await rejects(/option 'binary' is '\/nowhere\/other'/, { binary: '/nowhere/other' })
  delete process.env.FAKE_SEAM
  process.env.PATH = '/nowhere'
  await rejects(/cannot find 'fake-seam' in PATH/)
  process.env.PATH = `/nowhere:${dirname(String(FAKE_SEAM))}`
  await (await createFake()).stop()
})

test('a program that does not start is an error', TIMEOUT, async () => {
  await assert.rejects(createFake({ binary: process.execPath, args: ['--no-such-flag'] }), /exited with 9 before/)
  await assert.rejects(createFake({ seed: 'castle' as never }), /unknown seed 'castle'/)
})
