// Sends calls to fake-seam with the official JavaScript SDK and every kind of credentials, and checks the responses.
//
//     node drive.mjs http://127.0.0.1:PORT
//
// Prints a line for each check, and stops at the first failure with the expected and the actual value.

import { createHmac } from 'node:crypto'
import { createServer } from 'node:http'
import process from 'node:process'
import { setTimeout as sleep } from 'node:timers/promises'
import { inspect, isDeepStrictEqual } from 'node:util'

import { createBlueprint } from '@seamapi/blueprint'
import {
  SeamActionAttemptFailedError,
  SeamActionAttemptTimeoutError,
  SeamHttp,
  SeamHttpApiError,
  SeamHttpEndpoints,
  SeamHttpInvalidInputError,
  SeamHttpUnauthorizedError,
  SeamHttpWithoutWorkspace,
  getOpenapiSchema,
} from '@seamapi/http'

const FAKE = process.argv[2].replace(/\/$/, '')
const WAIT = { waitForActionAttempt: { timeout: 10_000, pollingInterval: 20 } }
const NO_WAIT = { waitForActionAttempt: false }
const LONG_AGO = '2000-01-01T00:00:00Z'

// Ids and keys of the seeds.
const LOCK = 'august_device_1'
const OTHER_LOCK = 'august_device_2'
const THERMOSTAT = 'ecobee_device_1'
const NOISE = 'minut_device_1'
const DEVICES = [LOCK, OTHER_LOCK, THERMOSTAT, NOISE, 'schlage_device_id'].sort()
const WORKSPACE = 'seed_workspace_1'
const BUILDING = {
  key: 'seam_fake_api_key',
  lock: 'a8e1c6b2-5d0f-4f43-9a53-1f6a0c2f7e10',
  system: '1c8f4e2a-6b9d-4d70-93e1-5a0c7f2b8d46',
  entrance: '8d3a7b1e-0f5c-4e92-b6d8-4c2f9a1e7b05',
  encoder: '60c9f1d3-8e2b-4b5a-a794-7f0d2e6c1b39',
  guest: '4e7b0a9d-2c6f-4f81-9d3e-1b5c8f0a6e72',
}

let count = 0

class Failure extends Error {}

const passed = (name) => {
  count += 1
  console.log(`ok JavaScript: ${name}`)
}

const failed = (name, expected, actual) => {
  const show = (value) => (typeof value === 'string' ? value : inspect(value, { depth: 4 }))
  throw new Failure(`FAILED JavaScript: ${name}\n  expected ${show(expected)}\n  actual   ${show(actual)}`)
}

const equal = (name, actual, expected) => {
  if (!isDeepStrictEqual(actual, expected)) failed(name, expected, actual)
  passed(name)
}

const isTrue = (name, actual, expected = 'a true value') => {
  if (!actual) failed(name, expected, actual)
  passed(name)
}

/** Checks that a call fails with an error of this kind, and returns the error. */
const fails = async (name, kind, call) => {
  let value
  try {
    value = await call()
  } catch (error) {
    if (!(error instanceof kind)) failed(name, kind.name, error)
    passed(name)
    return error
  }
  return failed(name, kind.name, value)
}

/** Polls until the result is true. Asynchronous changes take the fake a fraction of a second. */
const eventually = async (name, poll, expected) => {
  let value
  for (let tries = 0; tries < 250; tries += 1) {
    value = await poll()
    if (value) {
      passed(name)
      return value
    }
    await sleep(20)
  }
  return failed(name, `${expected} within 5 s`, value)
}

/** Sends a request to a control route of the fake, which is no part of Seam's API. */
const control = async (path, body, method = 'POST') => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(`${FAKE}${path}`, { method, headers, body: JSON.stringify(body) })
  if (!response.ok) throw new Failure(`${path}: unexpected status ${response.status}: ${await response.text()}`)
  return await response.json()
}

/** Resets the fake to a seed, and shortens the delay of actions. */
const reset = async (seed) => {
  await control('/_fake/reset', { seed })
  await control('/_fake/faults', undefined, 'DELETE')
  await control('/_fake/settings', { action_delay_seconds: 0.05, rate_limits: false })
}

const ids = (resources, name = 'device_id') => resources.map((resource) => resource[name]).sort()

/** Returns a console session token, signed with the secret of the fake. */
const consoleToken = () => {
  const part = (value) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const signed = `${part({ alg: 'HS256', typ: 'JWT' })}.${part({ user_id: 'john_user_id', key: 'john_user_key' })}`
  return `${signed}.${createHmac('sha256', 'secret').update(signed).digest('base64url')}`
}

const credentials = async () => {
  const options = { endpoint: FAKE }
  const clients = {
    'an API key': SeamHttp.fromApiKey('seam_apikey1_token', options),
    'a client session': SeamHttp.fromClientSessionToken('seam_cst1_token', options),
    'a publishable key': await SeamHttp.fromPublishableKey('seam_pk1_token', 'john_user_identifier_key', options),
    'a personal access token': SeamHttp.fromPersonalAccessToken('seam_at1_longtoken', WORKSPACE, options),
    'a console session': SeamHttp.fromConsoleSessionToken(consoleToken(), WORKSPACE, options),
  }
  for (const [name, seam] of Object.entries(clients)) {
    const device = await seam.devices.get({ device_id: LOCK })
    equal(`devices.get with ${name}`, [device.device_id, device.workspace_id], [LOCK, WORKSPACE])
  }
  const otherWorkspace = SeamHttp.fromApiKey('seam_apikey2_token', options)
  equal('another workspace has its own devices', await otherWorkspace.devices.list(), [])
  const session = clients['a client session']
  isTrue('a client session lists devices', (await session.devices.list()).length > 0)
  const other = await otherWorkspace.clientSessions.create({ user_identifier_key: 'someone' })
  await session.updateClientSessionToken(other.token)
  equal('another token lists other devices', await session.devices.list(), [])
  for (const [name, withoutWorkspace] of Object.entries({
    'a personal access token': SeamHttpWithoutWorkspace.fromPersonalAccessToken('seam_at1_longtoken', options),
    'a console session': SeamHttpWithoutWorkspace.fromConsoleSessionToken(consoleToken(), options),
  })) {
    equal(`workspaces.list with ${name}`, ids(await withoutWorkspace.workspaces.list(), 'workspace_id'), [WORKSPACE])
    const created = await withoutWorkspace.workspaces.create({ name: 'More', company_name: 'Example', is_sandbox: true })
    isTrue(`workspaces.create with ${name}`, created.workspace_id)
    const inside = SeamHttp.fromPersonalAccessToken('seam_at1_longtoken', created.workspace_id, options)
    equal('a new workspace is empty', await inside.devices.list(), [])
    await reset('default')
  }
}

const devices = async (seam) => {
  equal('devices.list', ids(await seam.devices.list()), DEVICES)
  equal('devices.list by ids', ids(await seam.devices.list({ device_ids: [LOCK, NOISE] })), [LOCK, NOISE])
  equal('devices.list with an empty list of ids', await seam.devices.list({ device_ids: [] }), [])
  equal('devices.list by type', (await seam.devices.list({ device_type: 'august_lock' })).length, 2)
  await seam.devices.update({ device_id: LOCK, custom_metadata: { floor: '2' } })
  const found = await seam.devices.list({ custom_metadata_has: { floor: '2' } })
  equal('devices.update and list by metadata', ids(found), [LOCK])
  isTrue('devices.listDeviceProviders', (await seam.devices.listDeviceProviders()).length > 0)
  await seam.devices.simulate.disconnect({ device_id: OTHER_LOCK })
  equal('devices.simulate.disconnect', (await seam.devices.get({ device_id: OTHER_LOCK })).properties.online, false)
  await seam.devices.update({ device_id: OTHER_LOCK, is_managed: false })
  equal('devices.unmanaged.list', ids(await seam.devices.unmanaged.list()), [OTHER_LOCK])
  await seam.devices.unmanaged.update({ device_id: OTHER_LOCK, is_managed: true })
  equal('devices.unmanaged.update', await seam.devices.unmanaged.list(), [])
  const endpoints = SeamHttpEndpoints.fromApiKey('seam_apikey1_token', { endpoint: FAKE })
  equal('a route by its path', (await endpoints['/devices/get']({ device_id: LOCK })).device_id, LOCK)
}

const locks = async (seam) => {
  const isLocked = async () => (await seam.locks.get({ device_id: LOCK })).properties.locked
  equal('locks.list', (await seam.locks.list()).length, 3)
  const attempt = await seam.locks.unlockDoor({ device_id: LOCK }, WAIT)
  equal('locks.unlockDoor waits', [attempt.status, attempt.action_type], ['success', 'UNLOCK_DOOR'])
  equal('locks.unlockDoor unlocks', await isLocked(), false)
  const pending = await seam.locks.lockDoor({ device_id: LOCK }, NO_WAIT)
  equal('locks.lockDoor returns a pending attempt', pending.status, 'pending')
  await eventually('locks.lockDoor locks', isLocked, 'a locked door')
}

const actionAttempts = async (seam) => {
  await control('/_fake/settings', { action_delay_seconds: 60 })
  const begun = async () => await seam.locks.unlockDoor({ device_id: LOCK }, NO_WAIT)
  const update = async ({ action_attempt_id }, outcome) =>
    await control('/_fake/update_action_attempt', { action_attempt_id, ...outcome })
  const get = async ({ action_attempt_id }, options) => await seam.actionAttempts.get({ action_attempt_id }, options)

  const first = await begun()
  equal('actionAttempts.get', (await get(first, NO_WAIT)).status, 'pending')
  const listed = await seam.actionAttempts.list({ action_attempt_ids: [first.action_attempt_id] })
  equal('actionAttempts.list', listed.length, 1)
  await update(first, { status: 'success' })
  equal('an action attempt that succeeds', (await get(first, WAIT)).status, 'success')
  const second = await begun()
  await update(second, { status: 'error', error: { type: 'device_disconnected', message: 'The lock is offline' } })
  const failure = await fails(
    'an action attempt that fails', SeamActionAttemptFailedError, async () => await get(second, WAIT),
  )
  equal('its error', [failure.code, failure.message], ['device_disconnected', 'The lock is offline'])
  const third = await begun()
  await update(third, { status: 'pending' })
  await fails('an action attempt that takes too long', SeamActionAttemptTimeoutError, async () =>
    await get(third, { waitForActionAttempt: { timeout: 200, pollingInterval: 50 } }),
  )
  await control('/_fake/settings', { action_delay_seconds: 0.05 })
}

const accessCodes = async (seam) => {
  const codes = seam.accessCodes
  const code = await codes.create({ device_id: LOCK, name: 'Guest', code: '4711' })
  const { access_code_id } = code
  equal('accessCodes.create', [code.code, code.type, code.device_id], ['4711', 'ongoing', LOCK])
  const isSet = async () => (await codes.get({ access_code_id })).status === 'set'
  await eventually('accessCodes.get until it is set', isSet, 'a code that is set')
  equal('accessCodes.list', ids(await codes.list({ device_id: LOCK }), 'access_code_id'), [access_code_id])
  await codes.update({ access_code_id, name: 'Friend' })
  const isRenamed = async () => (await codes.get({ access_code_id })).name === 'Friend'
  await eventually('accessCodes.update', isRenamed, 'a code called Friend')
  const several = await codes.createMultiple({ device_ids: [LOCK, OTHER_LOCK], code: '5813' })
  equal('accessCodes.createMultiple', ids(several), [LOCK, OTHER_LOCK])
  await codes.delete({ access_code_id })
  const isGone = async () => !ids(await codes.list({ device_id: LOCK }), 'access_code_id').includes(access_code_id)
  await eventually('accessCodes.delete', isGone, 'no such code')
  const painter = await codes.simulate.createUnmanagedAccessCode({ device_id: LOCK, code: '1234', name: 'Painter' })
  equal('accessCodes.simulate.createUnmanagedAccessCode', painter.is_managed, false)
  const unmanaged = await codes.unmanaged.list({ device_id: LOCK })
  equal('accessCodes.unmanaged.list', ids(unmanaged, 'name'), ['Painter'])
  const same = { access_code_id: painter.access_code_id }
  equal('accessCodes.unmanaged.get', (await codes.unmanaged.get(same)).code, '1234')
  await codes.unmanaged.update({ ...same, is_managed: true })
  equal('accessCodes.unmanaged.update', (await codes.get(same)).is_managed, true)
  const another = await codes.simulate.createUnmanagedAccessCode({ device_id: LOCK, code: '4321', name: 'Cleaner' })
  await codes.unmanaged.delete({ access_code_id: another.access_code_id })
  const isForgotten = async () => (await codes.unmanaged.list({ device_id: LOCK })).length === 0
  await eventually('accessCodes.unmanaged.delete', isForgotten, 'no unmanaged code')
}

const thermostats = async (seam) => {
  const device_id = THERMOSTAT
  const setting = async () => (await seam.devices.get({ device_id })).properties.current_climate_setting
  equal('thermostats.list', ids(await seam.thermostats.list()), [THERMOSTAT])
  await seam.thermostats.heat({ device_id, heating_set_point_celsius: 21 }, WAIT)
  const heating = await setting()
  equal('thermostats.heat', [heating.hvac_mode_setting, heating.heating_set_point_celsius], ['heat', 21])
  await seam.thermostats.off({ device_id }, WAIT)
  equal('thermostats.off', (await setting()).hvac_mode_setting, 'off')
  await seam.thermostats.setFanMode({ device_id, fan_mode_setting: 'on' }, WAIT)
  equal('thermostats.setFanMode', (await setting()).fan_mode_setting, 'on')
  await seam.thermostats.createClimatePreset({
    device_id, climate_preset_key: 'eco', name: 'Eco', hvac_mode_setting: 'heat', heating_set_point_celsius: 17,
    manual_override_allowed: true,
  })
  await seam.thermostats.activateClimatePreset({ device_id, climate_preset_key: 'eco' }, WAIT)
  equal('thermostats.createClimatePreset and activateClimatePreset', (await setting()).climate_preset_key, 'eco')
  const schedule = await seam.thermostats.schedules.create({
    device_id, climate_preset_key: 'eco', name: 'Away', starts_at: '2099-01-01T16:00:00Z',
    ends_at: '2099-01-02T11:00:00Z',
  })
  const { thermostat_schedule_id } = schedule
  await seam.thermostats.schedules.update({ thermostat_schedule_id, name: 'Long away' })
  equal('thermostats.schedules', ids(await seam.thermostats.schedules.list({ device_id }), 'name'), ['Long away'])
  await seam.thermostats.schedules.delete({ thermostat_schedule_id })
  equal('thermostats.schedules.delete', await seam.thermostats.schedules.list({ device_id }), [])
}

const noiseSensors = async (seam) => {
  const thresholds = seam.noiseSensors.noiseThresholds
  const list = async () => await thresholds.list({ device_id: NOISE })
  equal('noiseSensors.list', ids(await seam.noiseSensors.list()), [NOISE])
  const before = (await list()).length
  const { noise_threshold_id } = await thresholds.create({
    device_id: NOISE, name: 'Night', noise_threshold_decibels: 50, starts_daily_at: '22:00:00[Europe/Berlin]',
    ends_daily_at: '06:00:00[Europe/Berlin]',
  })
  equal('noiseThresholds.create and get', (await thresholds.get({ noise_threshold_id })).name, 'Night')
  await thresholds.update({ noise_threshold_id, device_id: NOISE, noise_threshold_decibels: 45 })
  const isLower = async () => (await thresholds.get({ noise_threshold_id })).noise_threshold_decibels === 45
  await eventually('noiseThresholds.update', isLower, 'a threshold of 45 dB')
  await thresholds.delete({ noise_threshold_id, device_id: NOISE })
  const isGone = async () => (await list()).length === before
  await eventually('noiseThresholds.delete and list', isGone, 'as many thresholds as before')
}

const accounts = async (seam) => {
  const webview = await seam.connectWebviews.create({ accepted_providers: ['yale'] })
  const { connect_webview_id } = webview
  equal('connectWebviews.create', webview.status, 'pending')
  await control('/_fake/complete_connect_webview', { connect_webview_id })
  const done = await seam.connectWebviews.get({ connect_webview_id })
  equal('connectWebviews.get', [done.status, done.login_successful], ['authorized', true])
  const listed = await seam.connectWebviews.list()
  isTrue('connectWebviews.list', ids(listed, 'connect_webview_id').includes(connect_webview_id))
  const { connected_account_id } = done
  await seam.connectedAccounts.update({ connected_account_id, custom_metadata: { user: 'u1' } })
  const found = await seam.connectedAccounts.list({ custom_metadata_has: { user: 'u1' } })
  equal('connectedAccounts.update and list', ids(found, 'connected_account_id'), [connected_account_id])
  await seam.connectedAccounts.delete({ connected_account_id })
  const error = await fails('connectedAccounts.delete', SeamHttpApiError, async () =>
    await seam.connectedAccounts.get({ connected_account_id }),
  )
  equal('a deleted account is 404', error.statusCode, 404)
  await seam.connectWebviews.delete({ connect_webview_id })
  const left = ids(await seam.connectWebviews.list(), 'connect_webview_id')
  isTrue('connectWebviews.delete', !left.includes(connect_webview_id))
}

const clientSessions = async (seam) => {
  const sessions = seam.clientSessions
  const session = await sessions.create({
    user_identifier_key: 'user-1', connected_account_ids: ['john_connected_account_id'],
  })
  const { client_session_id } = session
  const mine = SeamHttp.fromClientSessionToken(session.token, { endpoint: FAKE })
  equal('a client session gets devices of its accounts', (await mine.devices.get({ device_id: LOCK })).device_id, LOCK)
  const jane = { device_id: 'schlage_device_id' }
  await fails('a client session gets no other devices', SeamHttpApiError, async () => await mine.devices.get(jane))
  await sessions.grantAccess({ client_session_id, connected_account_ids: ['jane_connected_account_id'] })
  equal('clientSessions.grantAccess', (await mine.devices.get(jane)).device_id, jane.device_id)
  const again = await sessions.getOrCreate({ user_identifier_key: 'user-1' })
  equal('clientSessions.getOrCreate', again.client_session_id, client_session_id)
  equal('clientSessions.list', (await sessions.list({ user_identifier_key: 'user-1' })).length, 1)
  await sessions.revoke({ client_session_id })
  await fails('clientSessions.revoke', SeamHttpUnauthorizedError, async () => await mine.devices.list())
  await sessions.delete({ client_session_id })
  await fails('clientSessions.delete', SeamHttpApiError, async () => await sessions.get({ client_session_id }))
}

const webhooks = async (seam) => {
  const received = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    received.push({ body, headers: request.headers })
    response.writeHead(204).end()
  })
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve))
  try {
    const url = `http://127.0.0.1:${server.address().port}/hook`
    const { webhook_id, secret } = await seam.webhooks.create({ url, event_types: ['lock.unlocked'] })
    await seam.locks.unlockDoor({ device_id: LOCK }, WAIT)
    await eventually('a webhook is delivered', async () => received.length > 0, 'a delivery')
    const [{ body, headers }] = received
    const signed = `${headers['svix-id']}.${headers['svix-timestamp']}.${body}`
    const key = Buffer.from(secret.replace('whsec_', ''), 'base64')
    const signature = `v1,${createHmac('sha256', key).update(signed).digest('base64')}`
    equal('a webhook is signed', headers['svix-signature'], signature)
    equal('a webhook contains the event', JSON.parse(body).event_type, 'lock.unlocked')
    await seam.webhooks.update({ webhook_id, event_types: ['lock.locked'] })
    equal('webhooks.update and get', (await seam.webhooks.get({ webhook_id })).event_types, ['lock.locked'])
    equal('webhooks.list', ids(await seam.webhooks.list(), 'webhook_id'), [webhook_id])
    await seam.webhooks.delete({ webhook_id })
    equal('webhooks.delete', await seam.webhooks.list(), [])
  } finally {
    server.close()
    server.closeAllConnections()
  }
}

const events = async (seam) => {
  await seam.locks.unlockDoor({ device_id: OTHER_LOCK }, WAIT)
  const found = await seam.events.list({ device_id: OTHER_LOCK, event_type: 'lock.unlocked', since: LONG_AGO })
  equal('events.list', ids(found), [OTHER_LOCK])
  const [{ event_id }] = found
  equal('events.get', (await seam.events.get({ event_id })).event_id, event_id)
}

const spaces = async (seam) => {
  const deviceIds = async (space_id) => ids(await seam.devices.list({ space_id }))
  const { space_id } = await seam.spaces.create({ name: 'Cellar', device_ids: [LOCK] })
  equal('spaces.create and get', (await seam.spaces.get({ space_id })).name, 'Cellar')
  await seam.spaces.addDevices({ space_id, device_ids: [OTHER_LOCK] })
  equal('spaces.addDevices', await deviceIds(space_id), [LOCK, OTHER_LOCK])
  await seam.spaces.removeDevices({ space_id, device_ids: [LOCK] })
  equal('spaces.removeDevices', await deviceIds(space_id), [OTHER_LOCK])
  await seam.spaces.update({ space_id, name: 'Basement' })
  equal('spaces.update and list', ids(await seam.spaces.list(), 'name'), ['Basement'])
  await seam.spaces.delete({ space_id })
  equal('spaces.delete', await seam.spaces.list(), [])
}

const userIdentities = async (seam) => {
  const identities = seam.userIdentities
  const { user_identity_id } = await identities.create({ full_name: 'Ada', user_identity_key: 'ada' })
  equal('userIdentities.create and get', (await identities.get({ user_identity_key: 'ada' })).full_name, 'Ada')
  await identities.update({ user_identity_id, full_name: 'Ada L.' })
  equal('userIdentities.update and list', ids(await identities.list({ search: 'Ada L.' }), 'full_name'), ['Ada L.'])
  await identities.grantAccessToDevice({ user_identity_id, device_id: LOCK })
  equal('userIdentities.grantAccessToDevice', ids(await identities.listAccessibleDevices({ user_identity_id })), [LOCK])
  await identities.revokeAccessToDevice({ user_identity_id, device_id: LOCK })
  equal('userIdentities.revokeAccessToDevice', await identities.listAccessibleDevices({ user_identity_id }), [])
  await identities.delete({ user_identity_id })
  await fails('userIdentities.delete', SeamHttpApiError, async () => await identities.get({ user_identity_id }))
}

const acs = async (seam) => {
  const acs_system_id = BUILDING.system
  const acs_entrance_id = BUILDING.entrance
  const { users, credentials } = seam.acs
  const offices = 'f3a96c1d-7e40-4b2f-8d15-6c9e0b7a2f84'
  equal('acs.systems.list', ids(await seam.acs.systems.list(), 'acs_system_id'), [acs_system_id, offices])
  const { acs_user_id } = await users.create({ acs_system_id, full_name: 'Linus', email_address: 'linus@example.com' })
  equal('acs.users.create and get', (await users.get({ acs_user_id })).full_name, 'Linus')
  await users.update({ acs_user_id, full_name: 'Linus B.' })
  equal('acs.users.update and list', ids(await users.list({ search: 'Linus' }), 'full_name'), ['Linus B.'])
  await users.suspend({ acs_user_id })
  equal('acs.users.suspend', (await users.get({ acs_user_id })).is_suspended, true)
  await users.unsuspend({ acs_user_id })
  equal('acs.users.unsuspend', (await users.get({ acs_user_id })).is_suspended, false)
  const entrances = await seam.acs.entrances.list({ acs_system_id })
  equal('acs.entrances.list', ids(entrances, 'display_name'), ['Room 101', 'Room 102'])
  await seam.acs.entrances.grantAccess({ acs_entrance_id, acs_user_id })
  const open = await users.listAccessibleEntrances({ acs_user_id })
  equal('acs.entrances.grantAccess', ids(open, 'acs_entrance_id'), [acs_entrance_id])
  const { acs_credential_id } = await credentials.create({
    access_method: 'card', acs_user_id, allowed_acs_entrance_ids: [acs_entrance_id],
  })
  equal('acs.credentials.create and get', (await credentials.get({ acs_credential_id })).access_method, 'card')
  const encoding = { acs_credential_id, acs_encoder_id: BUILDING.encoder }
  equal('acs.encoders.encodeCredential', (await seam.acs.encoders.encodeCredential(encoding, WAIT)).status, 'success')
  equal('acs.credentials.list', ids(await credentials.list({ acs_user_id }), 'acs_credential_id'), [acs_credential_id])
  await credentials.delete({ acs_credential_id })
  await users.delete({ acs_user_id })
  await fails('acs.users.delete', SeamHttpApiError, async () => await users.get({ acs_user_id }))
}

const accessGrants = async (seam) => {
  const grants = seam.accessGrants
  const user_identity_id = BUILDING.guest
  const { access_grant_id } = await grants.create({
    user_identity_id, device_ids: [BUILDING.lock], requested_access_methods: [{ mode: 'code' }], name: 'Weekend',
  })
  equal('accessGrants.create and get', (await grants.get({ access_grant_id })).name, 'Weekend')
  const isIssued = async () => (await seam.accessMethods.list({ access_grant_id })).some((method) => method.is_issued)
  await eventually('accessMethods.list until it is issued', isIssued, 'an access method that is issued')
  await grants.update({ access_grant_id, name: 'Week' })
  equal('accessGrants.update and list', ids(await grants.list({ user_identity_id }), 'name'), ['Week'])
  await grants.delete({ access_grant_id })
  await fails('accessGrants.delete', SeamHttpApiError, async () => await grants.get({ access_grant_id }))
}

const pages = async (seam) => {
  const paginator = seam.createPaginator(seam.devices.list({ limit: 2 }))
  const [first, { hasNextPage, nextPageCursor }] = await paginator.firstPage()
  equal('the first page', [first.length, hasNextPage], [2, true])
  const [second] = await paginator.nextPage(nextPageCursor)
  isTrue('the next page', second.length === 2 && !ids(first).some((id) => ids(second).includes(id)), 'two others')
  equal('all pages', ids(await paginator.flattenToArray()), DEVICES)
  const streamed = []
  for await (const device of paginator.flatten()) streamed.push(device)
  equal('all pages, item by item', ids(streamed), DEVICES)
  const error = await fails('a page of another list', SeamHttpApiError, async () =>
    await seam.devices.list({ limit: 3, page_cursor: nextPageCursor }),
  )
  equal('its error', [error.statusCode, error.code], [400, 'mismatched_page_parameters'])
}

const errors = async (seam) => {
  const missing = await fails('404', SeamHttpApiError, async () => await seam.devices.get({ device_id: 'unknown' }))
  equal('404 names the missing resource', [missing.statusCode, missing.code], [404, 'device_not_found'])
  isTrue('an error has the id of its request', missing.requestId)
  const invalid = await fails('invalid input', SeamHttpInvalidInputError, async () =>
    await seam.accessCodes.create({ device_id: 5 }),
  )
  equal('invalid input has its code', [invalid.statusCode, invalid.code], [400, 'invalid_input'])
  isTrue('invalid input names the parameter', invalid.getValidationErrorMessages('device_id').length > 0)
  const invalidKey = SeamHttp.fromApiKey('seam_apikey9_token', { endpoint: FAKE })
  const error = await fails('401', SeamHttpUnauthorizedError, async () => await invalidKey.devices.list())
  equal('401 has its status', error.statusCode, 401)
  await control('/_fake/simulate_workspace_outage', { workspace_id: WORKSPACE, routes: ['/devices/list'] })
  const withoutRetries = SeamHttp.fromApiKey('seam_apikey1_token', { endpoint: FAKE, axiosRetryOptions: { retries: 0 } })
  const outage = await fails('an outage', Error, async () => await withoutRetries.devices.list())
  equal('an outage is 503', outage.response?.status, 503)
  isTrue('an outage does not affect other routes', (await withoutRetries.locks.list()).length > 0)
  await control('/_fake/faults', undefined, 'DELETE')
  for (const fault of [{ kind: 'status', status: 503 }, { kind: 'rate_limited', seconds: 0 }, { kind: 'lost_response' }]) {
    await control('/_fake/faults', { ...fault, route: '/devices/list', times: 1 })
    equal(`a retry after ${fault.kind} succeeds`, ids(await seam.devices.list()), DEVICES)
  }
}

/** Checks the OpenAPI document in the same way as `seam --remote-schema`. */
const openapi = async () => {
  const { routes, resources, events } = await createBlueprint(
    { openapi: await getOpenapiSchema(FAKE) },
    { omitUndocumented: true },
  )
  const locks = routes.find(({ path }) => path === '/locks')
  const unlock = locks?.endpoints.find(({ name }) => name === 'unlock_door')
  equal('a route of the OpenAPI document', unlock?.request.parameters.map(({ name }) => name), ['device_id'])
  equal('the response of that route', unlock?.response.actionAttemptType, 'UNLOCK_DOOR')
  isTrue('resources and events of the OpenAPI document', resources.length > 30 && events.length > 90, 'more than 30 resources and 90 events')
}

const GROUPS = [
  ['default', 'seam_apikey1_token', [
    credentials, devices, locks, actionAttempts, accessCodes, thermostats, noiseSensors, accounts, clientSessions,
    webhooks, events, spaces, userIdentities, pages, errors, openapi,
  ]],
  ['building', BUILDING.key, [acs, accessGrants]],
]

try {
  for (const [seed, key, groups] of GROUPS) {
    for (const group of groups) {
      await reset(seed)
      await group(SeamHttp.fromApiKey(key, { endpoint: FAKE }))
    }
  }
  console.log(`${count} checks passed`)
} catch (error) {
  console.error(error instanceof Failure ? error.message : error)
  process.exitCode = 1
}
