// Tests the lists, updates and buttons of fake-seam's console in headless Chromium, or writes a screenshot of it.
// Usage: node console.mjs URL CHROMIUM [SCREENSHOT]
import assert from 'node:assert/strict'
import { chromium } from 'playwright-core'

const [url, executablePath, screenshot] = process.argv.slice(2)
const KEY = 'seam_fake_api_key'
const FRONT_DOOR = 'a8e1c6b2-5d0f-4f43-9a53-1f6a0c2f7e10'
const BACK_DOOR = 'c41b7f0e-8a6d-4c0b-b1f4-6d2e9a7c3b21'
const GARAGE = '3f9d0c1b-72e4-4a86-9b5d-8e1c0a6f2d34'
const THERMOSTAT = '7b2e9c40-1d5f-4c38-8a67-0f3e6d9b1c52'
const NOISE_SENSOR = 'e06a4d7c-9b13-4f2e-a85c-2d7f1b0c9e63'
const NEIGHBOURS = '26d6138c-6524-4f3c-ac96-43cc3bea0a8d'
const GUEST = '4e7b0a9d-2c6f-4f81-9d3e-1b5c8f0a6e72'
const LIMIT = 10_000

// --- The API, called directly.

const request = (path, body = {}) =>
  fetch(url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(LIMIT),
  })
const api = async (path, body) => {
  const response = await request(path, body)
  assert.equal(response.status, 200, `${path}: ${response.status}`)
  return response.json()
}
const device = async (device_id) => (await api('/devices/get', { device_id })).device
const now = async () => Date.parse((await (await fetch(`${url}/health`)).json()).last_service_evaluation_at)

// Polls until a condition is met, or fails after LIMIT.
const until = async (description, check) => {
  const deadline = Date.now() + LIMIT
  while (!(await check())) {
    assert.ok(Date.now() < deadline, `not within ${LIMIT} ms: ${description}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
const finished = async (id) => {
  let attempt
  await until('the action ends', async () => {
    attempt = (await api('/action_attempts/get', { action_attempt_id: id })).action_attempt
    return attempt.status !== 'pending'
  })
  return attempt
}

// --- The browser.

const browser = await chromium.launch({
  executablePath,
  args: [
    '--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync',
  ],
})
const externalRequests = []
const browserErrors = []
const open = async (options) => {
  const context = await browser.newContext(options)
  context.setDefaultTimeout(LIMIT)
  context.on('request', (sent) => {
    if (!sent.url().startsWith(`${url}/`) && !sent.url().startsWith('data:')) externalRequests.push(sent.url())
  })
  context.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') browserErrors.push(message.text())
  })
  context.on('weberror', (error) => browserErrors.push(String(error.error())))
  return context.newPage()
}
const steps = []
const step = async (name, check) => {
  await check()
  steps.push(name)
  console.log(`ok ${steps.length} ${name}`)
}

const card = (page, id) => page.locator(`[data-device-id="${id}"]`)
const press = (page, id, name) => card(page, id).getByRole('button', { name, exact: true }).click()
const waitForText = (locator, expected) => locator.filter({ hasText: expected }).first().waitFor()

const drive = async () => {
  const page = await open({ viewport: { width: 1280, height: 800 } })
  await page.goto(url)

  await step('before the first request, the page shows the settings for a client', async () => {
    await waitForText(page.locator('#requests li'), `SEAM_ENDPOINT=${url}`)
    await waitForText(page.locator('#requests li'), `SEAM_API_KEY=${KEY}`)
  })
  await step('the locks match the API', async () => {
    await card(page, FRONT_DOOR).waitFor()
    assert.equal(await page.locator('#locks > li').count(), 3)
    for (const id of [FRONT_DOOR, BACK_DOOR, GARAGE]) {
      const { display_name, properties } = await device(id)
      const shown = await card(page, id).innerText()
      assert.equal(await card(page, id).getAttribute('data-locked'), String(properties.locked))
      assert.ok(shown.includes(display_name) && shown.includes('Online') && shown.includes('100 %'), shown)
    }
  })
  await step('an unlock through the API appears as an event and as a request', async () => {
    await finished((await api('/locks/unlock_door', { device_id: FRONT_DOOR })).action_attempt.action_attempt_id)
    await page.locator(`[data-device-id="${FRONT_DOOR}"][data-locked="false"]`).waitFor()
    await waitForText(page.locator('#events li'), 'lock.unlocked')
    await waitForText(page.locator('#requests li'), '/locks/unlock_door')
    const row = await page.locator('#requests li').filter({ hasText: '/locks/unlock_door' }).first().innerText()
    assert.match(row, /200/)
  })
  await step('a PIN is masked until it is clicked', async () => {
    const row = page.locator(`[data-code-id="${NEIGHBOURS}"]`)
    assert.ok(!(await page.content()).includes('1988'))
    assert.equal(await row.getByRole('button').innerText(), '••••')
    await row.getByRole('button').click()
    await waitForText(row.getByRole('button'), '1988')
    await row.getByRole('button').click()
    await waitForText(row.getByRole('button'), '••••')
    assert.ok(!(await page.content()).includes('1988'))
  })
  await step('lock and unlock', async () => {
    await press(page, FRONT_DOOR, 'Lock Front Door')
    await until('the door is locked', async () => (await device(FRONT_DOOR)).properties.locked)
    await press(page, FRONT_DOOR, 'Unlock Front Door')
    await until('the door is unlocked', async () => !(await device(FRONT_DOOR)).properties.locked)
  })
  await step('unlock by keypad', async () => {
    await press(page, FRONT_DOOR, 'Lock Front Door')
    await until('the door is locked', async () => (await device(FRONT_DOOR)).properties.locked)
    await press(page, FRONT_DOOR, 'Keypad')
    await page.locator('#keypad-code').selectOption({ label: 'Neighbours' })
    await page.locator('#keypad').getByRole('button', { name: 'Enter' }).click()
    await until('the code unlocks the door', async () => {
      const { events } = await api('/events/list', { event_type: 'lock.unlocked', since: '2020-01-01T00:00:00Z' })
      return events.some((event) => event.method === 'keycode' && event.access_code_id === NEIGHBOURS)
    })
    assert.equal((await device(FRONT_DOOR)).properties.locked, false)
    assert.ok(!(await page.content()).includes('1988'), 'the page contains a PIN')
  })
  await step('a wrong PIN is denied', async () => {
    await press(page, FRONT_DOOR, 'Keypad')
    await page.locator('#keypad-code').selectOption({ label: 'Another PIN' })
    await page.locator('#keypad-pin').fill('000000')
    await page.keyboard.press('Enter')
    await waitForText(page.locator('#events li'), 'lock.access_denied')
  })
  await step('go offline and online', async () => {
    await press(page, BACK_DOOR, 'Go offline')
    await until('the lock is offline', async () => !(await device(BACK_DOOR)).properties.online)
    await waitForText(card(page, BACK_DOOR), 'Offline')
    await press(page, BACK_DOOR, 'Go online')
    await until('the lock is online', async () => (await device(BACK_DOOR)).properties.online)
  })
  await step('a jam affects one lock only', async () => {
    await press(page, GARAGE, 'Jam')
    await waitForText(card(page, GARAGE), 'Jammed')
    const other = await api('/locks/unlock_door', { device_id: BACK_DOOR })
    assert.equal((await finished(other.action_attempt.action_attempt_id)).status, 'success')
    const jammed = await finished((await api('/locks/unlock_door', { device_id: GARAGE })).action_attempt.action_attempt_id)
    assert.deepEqual([jammed.status, jammed.error.type], ['error', 'lock_jammed'])
    assert.equal((await device(GARAGE)).properties.locked, true)
    await card(page, GARAGE).filter({ hasNotText: 'Jammed' }).waitFor()
  })
  await step('a pending action is shown, and then the reason of its failure', async () => {
    await api('/_fake/hang_next_action')
    const { action_attempt } = await api('/locks/unlock_door', { device_id: GARAGE })
    await waitForText(card(page, GARAGE), 'Unlocking…')
    const error = { type: 'lock_jammed', message: 'The bolt does not move' }
    await api('/_fake/update_action_attempt', { action_attempt_id: action_attempt.action_attempt_id, status: 'error', error })
    await card(page, GARAGE).filter({ hasNotText: 'Unlocking…' }).waitFor()
    await waitForText(page.locator('#events li'), 'Garage · lock_jammed')
  })
  await step('low battery and new battery', async () => {
    await press(page, GARAGE, 'Low battery')
    await until('the battery is low', async () => {
      const { battery_level, battery } = (await device(GARAGE)).properties
      return battery_level === 0.1 && battery.level === 0.1 && battery.status === 'low'
    })
    await waitForText(page.locator('#events li'), 'device.low_battery')
    await press(page, GARAGE, 'New battery')
    await until('the battery is full', async () => (await device(GARAGE)).properties.battery.status === 'full')
  })
  await step('noise', async () => {
    await press(page, NOISE_SENSOR, 'Noise')
    await until('the noise level rises', async () => (await device(NOISE_SENSOR)).properties.noise_level_decibels === 65)
    await waitForText(card(page, NOISE_SENSOR), 'Too loud')
  })
  await step('warmer and cooler', async () => {
    await press(page, THERMOSTAT, 'Warmer')
    await until('the temperature rises', async () => (await device(THERMOSTAT)).properties.temperature_celsius === 22)
    await waitForText(card(page, THERMOSTAT), '22.0°')
    // Two clicks between two snapshots.
    await card(page, THERMOSTAT).getByRole('button', { name: 'Cooler', exact: true }).evaluate((one) => {
      one.click()
      one.click()
    })
    await until('the temperature falls', async () => (await device(THERMOSTAT)).properties.temperature_celsius === 20)
    await press(page, THERMOSTAT, 'Warmer')
    await until('the temperature rises', async () => (await device(THERMOSTAT)).properties.temperature_celsius === 21)
  })
  await step('advance time by a minute, an hour and a day', async () => {
    for (const [label, seconds] of [['+1 min', 60], ['+1 h', 3_600], ['+1 day', 86_400]]) {
      const before = await now()
      await page.getByRole('button', { name: label }).click()
      await until(label, async () => (await now()) - before >= seconds * 1_000)
      assert.ok((await now()) - before < seconds * 1_000 + 30_000, label)
    }
  })
  await step('start and end an outage', async () => {
    await page.getByRole('button', { name: 'Start outage' }).click()
    await page.locator('#banner').waitFor()
    assert.equal((await request('/devices/list')).status, 503)
    await press(page, FRONT_DOOR, 'Go offline')
    await waitForText(page.locator('#status'), 'The request failed with status 503')
    await page.getByRole('button', { name: 'End outage' }).click()
    await page.locator('#banner').waitFor({ state: 'hidden' })
    assert.equal((await request('/devices/list')).status, 200)
    assert.equal((await device(FRONT_DOOR)).properties.online, true)
    // Chromium reports the expected 503 as an error.
    const expected = browserErrors.findIndex((message) => message.includes('503'))
    assert.notEqual(expected, -1)
    browserErrors.splice(expected, 1)
  })
  await step('a name that is HTML is shown as text', async () => {
    const name = '<img src=x onerror="window.injected = true">'
    await api('/devices/update', { device_id: GARAGE, name })
    await waitForText(card(page, GARAGE), name)
    assert.equal(await page.locator('img').count(), 0)
    assert.equal(await page.evaluate(() => window.injected), undefined)
    await api('/devices/update', { device_id: GARAGE, name: 'Garage' })
  })
  await step('the keyboard can operate the page, and keeps its focus', async () => {
    await card(page, FRONT_DOOR).getByRole('button', { name: 'Lock Front Door', exact: true }).focus()
    await page.keyboard.press('Enter')
    await page.locator(`[data-device-id="${FRONT_DOOR}"][data-locked="true"]`).waitFor()
    assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-label')), 'Unlock Front Door')
    await page.keyboard.press('Tab')
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Keypad')
    await page.keyboard.press('Enter')
    await page.locator('#keypad').waitFor()
    await page.keyboard.press('Escape')
    await page.locator('#keypad').waitFor({ state: 'hidden' })
    const unnamed = await page.evaluate(() =>
      [...document.querySelectorAll('button')].filter((one) => !one.textContent && !one.ariaLabel).length)
    assert.equal(unnamed, 0)
  })
  await step('the page fits a phone, and follows the color scheme', async () => {
    const phone = await open({ viewport: { width: 360, height: 740 }, colorScheme: 'dark' })
    await phone.goto(url)
    await card(phone, FRONT_DOOR).waitFor()
    const [width, dark] = await phone.evaluate(() =>
      [document.documentElement.scrollWidth, getComputedStyle(document.body).backgroundColor])
    assert.equal(width, 360)
    assert.notEqual(dark, await page.evaluate(() => getComputedStyle(document.body).backgroundColor))
    await phone.context().close()
  })
  await step('without JavaScript, the page shows a notice and no empty lists', async () => {
    const plain = await open({ javaScriptEnabled: false })
    await plain.goto(url)
    await plain.locator('noscript .banner').waitFor()
    assert.equal(await plain.locator('main').isVisible(), false)
    await plain.context().close()
  })
  await step('a user signs in on the connect webview without JavaScript', async () => {
    await page.getByRole('button', { name: 'Connect account' }).click()
    const link = await page.locator('#webviews a').getAttribute('href')
    const user = await open({ javaScriptEnabled: false })
    await user.goto(url + link)
    await user.getByLabel('Provider').selectOption('schlage')
    await user.getByLabel('Account').fill('jane@example.com')
    await user.getByRole('button', { name: 'Simulate a failed sign-in' }).click()
    await user.getByRole('heading', { name: 'Sign-in failed' }).waitFor()
    const { connect_webviews } = await api('/connect_webviews/list')
    assert.equal(connect_webviews[0].status, 'failed')
    await user.getByLabel('Provider').selectOption('schlage')
    await user.getByLabel('Account').fill('jane@example.com')
    await user.getByRole('button', { name: 'Sign in', exact: true }).click()
    await user.getByRole('heading', { name: 'Account connected' }).waitFor()
    const { connect_webview_id } = connect_webviews[0]
    const { connect_webview } = await api('/connect_webviews/get', { connect_webview_id })
    assert.equal(connect_webview.status, 'authorized')
    const { connected_account } = await api('/connected_accounts/get', {
      connected_account_id: connect_webview.connected_account_id,
    })
    assert.deepEqual([connected_account.account_type, connected_account.user_identifier.email], ['schlage', 'jane@example.com'])
    await until('the console shows the locks of the account', async () => (await page.locator('#locks > li').count()) === 5)

    const redirected = await api('/connect_webviews/create', { custom_redirect_url: `${url}/?signed-in` })
    await user.goto(redirected.connect_webview.url)
    await user.getByRole('button', { name: 'Sign in', exact: true }).click()
    await user.waitForURL(`${url}/?signed-in`)
    await user.context().close()
  })
  await step('the page sends no external requests, and the browser reports no errors', async () => {
    assert.deepEqual(externalRequests, [])
    assert.deepEqual(browserErrors, [])
  })
  await step('an injected script does not run', async () => {
    await page.evaluate(() => {
      const script = document.createElement('script')
      script.textContent = 'window.injected = true'
      document.body.append(script)
    })
    assert.equal(await page.evaluate(() => window.injected), undefined)
  })
  await page.context().close()
}

// Writes the screenshot for the documentation.
const takeScreenshot = async () => {
  const from = new Date((await now()) - 60 * 60_000).toISOString()
  const to = new Date((await now()) + 3 * 86_400_000).toISOString()
  await api('/access_codes/create', { device_id: FRONT_DOOR, name: 'Cleaning', code: '482913' })
  await api('/access_codes/create', { device_id: BACK_DOOR, name: 'Ben Carter', code: '731905', starts_at: from, ends_at: to })
  await api('/access_grants/create', {
    user_identity_id: GUEST, device_ids: [FRONT_DOOR], starts_at: from, ends_at: to, requested_access_methods: [{ mode: 'code' }],
  })
  await api('/devices/update', { device_id: GARAGE, name: 'Garage' })
  await api('/_fake/advance_time', { seconds: 5 })
  await api('/_fake/set_battery_level', { device_id: GARAGE, battery_level: 0.18 })
  await api('/devices/simulate/disconnect', { device_id: BACK_DOOR })
  await request('/access_codes/get', { access_code_id: 'no-such-code' })
  await api('/locks/simulate/keypad_code_entry', { device_id: FRONT_DOOR, code: '482913' })
  await api('/_fake/advance_time', { seconds: 5 })
  const page = await open({ viewport: { width: 1280, height: 910 }, deviceScaleFactor: 1.2, colorScheme: 'light' })
  await page.goto(url)
  await page.locator(`[data-device-id="${FRONT_DOOR}"][data-locked="false"]`).waitFor()
  await page.screenshot({ path: screenshot, animations: 'disabled' })
}

try {
  await (screenshot ? takeScreenshot() : drive())
} finally {
  await browser.close()
}
