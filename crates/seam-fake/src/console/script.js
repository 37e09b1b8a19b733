// Values of the snapshot are inserted as text nodes, never as HTML.
'use strict'

document.documentElement.classList.add('scripted')

const byId = (id) => document.getElementById(id)
let snapshot = null

// --- Elements.

const element = (tag, className, ...children) => {
  const node = document.createElement(tag)
  if (className) node.className = className
  node.append(...children)
  return node
}
const icon = () => {
  const namespace = 'http://www.w3.org/2000/svg'
  const svg = document.createElementNS(namespace, 'svg')
  svg.setAttribute('aria-hidden', 'true')
  svg.append(document.createElementNS(namespace, 'use'))
  const holder = element('span', 'icon', svg)
  holder.set = (name) => svg.firstChild.setAttribute('href', `#${name}`)
  return holder
}
const setText = (node, text) => {
  if (node.textContent !== text) node.textContent = text
}
// Allows line breaks in a path or in a name such as `lock.access_denied`.
const breakable = (text) => text.split(/(?<=[._/])/).flatMap((part, index) => (index ? [element('wbr'), part] : [part]))
const button = (label, title, action, className = 'quiet') => {
  const node = element('button', className, label)
  node.title = title
  node.type = 'button'
  node.addEventListener('click', () => run(action))
  return node
}

// Renders `items` as the children of `list`. Elements of items that are already in the list are reused, so that they keep the focus.
const renderList = (list, items, keyOf, create, empty) => {
  const old = new Map([...list.children].map((child) => [child.dataset.key, child]))
  const children = items.map((item) => {
    const key = String(keyOf(item))
    let child = old.get(key)
    if (!child) {
      child = create(item)
      child.dataset.key = key
      if (list.dataset.filled) child.classList.add('fresh')
    }
    old.delete(key)
    child.item = item
    child.update?.(item)
    return child
  })
  if (children.length === 0 && empty) {
    const child = old.get('empty') ?? element('li', 'empty')
    child.dataset.key = 'empty'
    setText(child, empty)
    old.delete('empty')
    children.push(child)
  }
  for (const child of old.values()) child.remove()
  children.forEach((child, index) => {
    if (list.children[index] !== child) list.insertBefore(child, list.children[index] ?? null)
  })
  list.dataset.filled = 'true'
}

// --- Requests.

const post = async (path, body, method = 'POST') => {
  const headers = { 'content-type': 'application/json' }
  const key = snapshot?.workspaces.find((workspace) => workspace.workspace_id === snapshot.workspace_id)?.api_key
  if (key && !path.startsWith('/_fake/')) headers.authorization = `Bearer ${key}`
  const response = await fetch(path, { method, headers, body: body && JSON.stringify(body) })
  const text = await response.text()
  let content = {}
  try {
    content = JSON.parse(text)
  } catch {
    // During an outage, responses have no body.
  }
  if (!response.ok) throw new Error(content.error?.message ?? `The request failed with status ${response.status}`)
  return content
}

let hideTimer
const notify = (message) => {
  const status = byId('status')
  status.textContent = message
  status.classList.add('visible')
  clearTimeout(hideTimer)
  hideTimer = setTimeout(() => status.classList.remove('visible'), 4000)
}
const run = async (action) => {
  try {
    const message = await action()
    if (message) notify(message)
  } catch (error) {
    notify(error.message)
  }
}

const pinOf = async (code) => {
  const route = code.is_managed ? '/access_codes/get' : '/access_codes/unmanaged/get'
  const { access_code } = await post(route, { access_code_id: code.access_code_id })
  return access_code.code
}

// --- Devices.

const setFact = (fact, text, className = '') => {
  fact.hidden = text === null
  fact.className = className
  setText(fact.lastChild, text ?? '')
}

const deviceCard = () => {
  const picture = icon()
  const name = element('p', 'name')
  const model = element('p', 'muted')
  const value = element('span', 'value')
  const dot = element('span', 'dot')
  const online = element('span', '', dot, document.createTextNode(''))
  const level = element('i')
  const battery = element('span', '', element('span', 'battery', level), document.createTextNode(''))
  const more = element('span', '', document.createTextNode(''))
  const actions = element('div', 'actions')
  actions.setAttribute('role', 'group')
  const card = element('li', 'device card',
    element('div', 'head', picture, element('div', 'title', name, model), value),
    element('p', 'facts', online, battery, more), actions)
  const id = () => card.item.device_id
  const connection = button('Go offline', 'Disconnect or connect the device', async () => {
    await post(`/devices/simulate/${card.item.online ? 'disconnect' : 'connect'}`, { device_id: id() })
  })
  const power = button('Low battery', 'Set the battery level to 10 % or 100 %', async () => {
    const battery_level = card.item.battery_level > 0.3 ? 0.1 : 1
    await post('/_fake/set_battery_level', { device_id: id(), battery_level })
  })
  card.parts = { picture, value, more, actions, connection, power }
  card.base = (item) => {
    setText(name, item.name ?? item.device_id)
    setText(model, item.model ?? '')
    name.title = item.name ?? ''
    actions.setAttribute('aria-label', `Simulations of ${item.name ?? item.device_id}`)
    card.dataset.deviceId = item.device_id
    card.classList.toggle('away', !item.online)
    dot.className = `dot ${item.online ? 'on' : 'off'}`
    setFact(online, item.online ? 'Online' : 'Offline')
    setText(connection, item.online ? 'Go offline' : 'Go online')
    const charge = item.battery_level
    setFact(battery, charge === null ? null : `${Math.round(charge * 100)} %`, charge !== null && charge <= 0.3 ? 'low' : '')
    level.style.setProperty('--level', charge ?? 0)
    power.hidden = charge === null
    setText(power, charge > 0.3 ? 'Low battery' : 'New battery')
  }
  return card
}

const lockCard = () => {
  const card = deviceCard()
  const { picture, value, more, actions, connection, power } = card.parts
  const toggle = button('Unlock', '', async () => {
    const { device_id, locked } = card.item
    await post(locked ? '/locks/unlock_door' : '/locks/lock_door', { device_id })
  }, '')
  value.replaceWith(toggle)
  const keypad = button('Keypad', 'Enter a PIN at the lock', () => openKeypad(card.item))
  const jam = button('Jam', 'Make the next action of this lock fail', async () => {
    await post('/_fake/jam_lock', { device_id: card.item.device_id })
    return `The next action of ${card.item.name} fails`
  })
  actions.append(keypad, connection, jam, power)
  card.update = (item) => {
    card.base(item)
    picture.set(item.locked ? 'locked' : 'unlocked')
    card.classList.toggle('open', item.locked === false)
    card.dataset.locked = item.locked
    setText(toggle, item.locked ? 'Unlock' : 'Lock')
    toggle.setAttribute('aria-label', `${item.locked ? 'Unlock' : 'Lock'} ${item.name}`)
    toggle.hidden = !(item.locked ? item.can_unlock : item.can_lock)
    keypad.hidden = !item.has_keypad
    jam.disabled = item.is_jammed
    const action = { UNLOCK_DOOR: 'Unlocking…', LOCK_DOOR: 'Locking…' }[item.pending_action]
    setFact(more, action ?? (item.is_jammed ? 'Jammed' : item.locked ? 'Locked' : 'Unlocked'), item.is_jammed ? 'low' : '')
  }
  return card
}

const thermostatCard = () => {
  const card = deviceCard()
  const { picture, value, more, actions, connection, power } = card.parts
  const change = (degrees) => async () => {
    const temperature_celsius = card.item.temperature_celsius + degrees
    // Another click may follow before the next snapshot arrives.
    card.item.temperature_celsius = temperature_celsius
    await post('/thermostats/simulate/temperature_reached', { device_id: card.item.device_id, temperature_celsius })
  }
  actions.append(
    button('Warmer', 'Raise the measured temperature by 1 °C', change(1)),
    button('Cooler', 'Lower the measured temperature by 1 °C', change(-1)), connection, power)
  card.update = (item) => {
    card.base(item)
    picture.set('thermostat')
    setText(value, item.temperature_celsius === null ? '' : `${item.temperature_celsius.toFixed(1)}°`)
    const climate = item.climate ?? {}
    const points = [climate.heating_set_point_celsius, climate.cooling_set_point_celsius].filter((point) => point != null)
    const mode = { heat_cool: 'Auto', heat: 'Heat', cool: 'Cool', off: 'Off', eco: 'Eco' }[climate.hvac_mode_setting]
    const activity = item.is_heating ? 'Heating' : item.is_cooling ? 'Cooling' : mode
    setFact(more, activity ? `${activity} ${points.map((point) => `${point}°`).join(' – ')}` : null)
  }
  return card
}

const noiseCard = () => {
  const card = deviceCard()
  const { picture, value, more, actions, connection, power } = card.parts
  const noise = button('Noise', 'Trigger the noise thresholds of this sensor', () =>
    post('/noise_sensors/simulate/trigger_noise_threshold', { device_id: card.item.device_id }).then(() => ''))
  actions.append(noise, connection, power)
  card.update = (item) => {
    card.base(item)
    picture.set('noise')
    card.classList.toggle('loud', item.is_noisy)
    setText(value, item.noise_level_decibels === null ? '' : `${Math.round(item.noise_level_decibels)} dB`)
    setFact(more, item.is_noisy ? 'Too loud' : 'Quiet', item.is_noisy ? 'low' : '')
  }
  return card
}

const otherCard = () => {
  const card = deviceCard()
  const { picture, value, more, actions, connection, power } = card.parts
  value.hidden = true
  actions.append(connection, power)
  card.update = (item) => {
    card.base(item)
    picture.set('device')
    setFact(more, null)
  }
  return card
}

const cards = { locks: lockCard, thermostats: thermostatCard, noise_sensors: noiseCard, others: otherCard }

// --- The keypad.

let keypadLock = null
const openKeypad = (lock) => {
  keypadLock = lock
  setText(byId('keypad-title'), `Keypad of ${lock.name}`)
  const codes = snapshot.access_codes.filter((code) => code.device_id === lock.device_id && code.has_pin)
  const options = codes.map((code) => {
    const option = element('option', '', code.name ?? 'Unnamed')
    option.value = code.access_code_id
    return option
  })
  const other = element('option', '', 'Another PIN')
  other.value = ''
  byId('keypad-code').replaceChildren(...options, other)
  byId('keypad-pin').value = ''
  showPinField()
  byId('keypad').showModal()
}
const showPinField = () => {
  byId('keypad-pin-label').hidden = byId('keypad-code').value !== ''
}
byId('keypad-code').addEventListener('change', showPinField)
byId('keypad-cancel').addEventListener('click', () => byId('keypad').close())
byId('keypad').querySelector('form').addEventListener('submit', (event) => {
  event.preventDefault()
  byId('keypad').close()
  run(async () => {
    const chosen = snapshot.access_codes.find((code) => code.access_code_id === byId('keypad-code').value)
    const code = chosen ? await pinOf(chosen) : byId('keypad-pin').value
    await post('/locks/simulate/keypad_code_entry', { device_id: keypadLock.device_id, code })
  })
})

// --- Lists.

const clockTime = (time) => (time ?? '').slice(11, 19)
const day = (time) => new Date(time).toLocaleString('en-GB', { timeZone: 'UTC', day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' })
const period = (item) => {
  if (!item.starts_at && !item.ends_at) return 'ongoing'
  return `${item.starts_at ? day(item.starts_at) : 'now'} – ${item.ends_at ? day(item.ends_at) : 'open'}`
}

const tones = { set: 'good', setting: 'warm', removing: 'warm', unset: '' }
const codeRow = () => {
  const name = element('span', 'name')
  const where = element('span', 'where')
  const status = element('span', 'badge')
  const pin = element('button', 'pin')
  const row = element('li', '', name, where, status, pin)
  let visiblePin = null
  const draw = () => {
    const label = row.item.name ?? 'this code'
    setText(pin, visiblePin ?? '••••')
    pin.setAttribute('aria-label', visiblePin === null ? `Show the PIN of ${label}` : `Hide the PIN of ${label}: ${visiblePin}`)
  }
  pin.type = 'button'
  pin.addEventListener('click', () => run(async () => {
    visiblePin = visiblePin === null ? await pinOf(row.item) : null
    draw()
  }))
  row.update = (item) => {
    row.dataset.codeId = item.access_code_id
    setText(name, item.name ?? 'Unnamed')
    setText(where, [item.device_name, period(item), item.is_managed ? null : 'unmanaged'].filter(Boolean).join(' · '))
    setText(status, item.status ?? '')
    status.className = `badge ${tones[item.status] ?? 'warm'}`
    pin.disabled = !item.has_pin
    draw()
    if (!item.has_pin) {
      setText(pin, '–')
      pin.setAttribute('aria-label', 'The lock reports no PIN')
    }
  }
  return row
}

const grantRow = () => {
  const name = element('span', 'name')
  const where = element('span', 'where')
  const state = element('span', 'badge')
  const methods = element('span', 'muted')
  const row = element('li', '', name, where, state, methods)
  row.update = (item) => {
    setText(name, item.user ?? item.name ?? 'Access grant')
    setText(where, [(item.spaces.length ? item.spaces : item.doors).join(', '), period(item)].filter(Boolean).join(' · '))
    const now = Date.parse(snapshot.now)
    const upcoming = item.starts_at && Date.parse(item.starts_at) > now
    const ended = item.ends_at && Date.parse(item.ends_at) <= now
    setText(state, upcoming ? 'upcoming' : ended ? 'ended' : 'active')
    state.className = `badge ${upcoming || ended ? '' : 'good'}`
    setText(methods, `${item.methods} method${item.methods === 1 ? '' : 's'}`)
  }
  return row
}

const eventRow = (event) => {
  const what = element('span', 'what wide', ...breakable(event.event_type))
  return element('li', '', element('time', '', clockTime(event.time)), what,
    element('span', 'more', [event.about, event.code, event.detail].filter(Boolean).join(' · ')))
}

const requestRow = (request) => {
  const failed = request.status === null || request.status >= 500
  const tone = failed ? 'bad' : request.status >= 400 ? 'warm' : 'good'
  const what = element('span', 'what', `${request.method} `, ...breakable(request.path))
  const more = element('span', 'more', [`${request.milliseconds} ms`, ...request.parameters].join(' · '))
  more.title = request.parameters.join('\n')
  return element('li', '', element('time', '', clockTime(request.time)), what,
    element('span', `badge ${tone}`, request.status === null ? 'closed' : String(request.status)), more)
}

const webviewRow = (webview) => {
  const url = new URL(webview.url, location.href)
  const link = element('a', 'name', 'Sign in')
  // Without the host, so that the link works under each host name of this page.
  link.href = url.pathname + url.search
  link.target = '_blank'
  link.rel = 'noreferrer'
  return element('li', '', link, element('span', 'where', webview.connect_webview_id))
}

// --- The page.

const setCount = (name, listed) => {
  const all = snapshot.counts[name] ?? 0
  setText(byId(`${name}-count`), all > listed ? `${listed} of ${all}` : String(all))
}

const requestsHint = () => {
  const { api_key } = snapshot.workspaces.find((workspace) => workspace.workspace_id === snapshot.workspace_id) ?? {}
  const key = api_key ? `\nSEAM_API_KEY=${api_key}` : ''
  return `No requests yet. To send requests here, set these environment variables:\n\nSEAM_ENDPOINT=${location.origin}${key}`
}

const showTime = (now) => setText(byId('now'), `${day(now).replace(/,.*/, '')} ${clockTime(now)}`)

const render = () => {
  showTime(snapshot.now)
  const select = byId('workspace')
  renderList(select, snapshot.workspaces, (workspace) => workspace.workspace_id, (workspace) => {
    const option = element('option', '', workspace.name ?? workspace.workspace_id)
    option.value = workspace.workspace_id
    return option
  })
  select.value = snapshot.workspace_id
  const { locks = [], thermostats = [], noise_sensors = [], others = [] } = snapshot.devices
  const key = (device) => device.device_id
  renderList(byId('locks'), locks, key, lockCard, 'No locks yet.')
  const climate = [
    ...thermostats.map((device) => ({ ...device, kind: 'thermostats' })),
    ...noise_sensors.map((device) => ({ ...device, kind: 'noise_sensors' })),
    ...others.map((device) => ({ ...device, kind: 'others' })),
  ]
  renderList(byId('climate'), climate, key, (device) => cards[device.kind](), 'No thermostats or sensors yet.')
  setText(byId('climate-count'), String(['thermostats', 'noise_sensors', 'others']
    .reduce((sum, kind) => sum + (snapshot.counts[kind] ?? 0), 0)))
  setCount('locks', locks.length)
  setCount('access_codes', snapshot.access_codes.length)
  setCount('access_grants', snapshot.access_grants.length)
  setCount('entrances', snapshot.entrances.length)
  renderList(byId('codes'), snapshot.access_codes, (code) => code.access_code_id, codeRow, 'No access codes yet.')
  renderList(byId('grants'), snapshot.access_grants, (grant) => grant.access_grant_id, grantRow, 'No access grants yet.')
  byId('entrances-section').hidden = snapshot.entrances.length === 0
  byId('entrances').replaceChildren(...snapshot.entrances.map((entrance) => element('li', '', entrance.name ?? '')))
  byId('webviews-section').hidden = snapshot.webviews.length === 0
  renderList(byId('webviews'), snapshot.webviews, (webview) => webview.connect_webview_id, webviewRow)
  renderList(byId('events'), snapshot.events, (event) => event.event_id, eventRow, 'No events yet.')
  renderList(byId('requests'), snapshot.requests, (request) => request.number, requestRow, requestsHint())
  const outage = byId('outage')
  setText(outage, snapshot.is_faulty ? 'End outage' : 'Start outage')
  outage.setAttribute('aria-pressed', String(snapshot.is_faulty))
  byId('banner').hidden = !snapshot.is_faulty
}

for (const advance of document.querySelectorAll('[data-advance]')) {
  advance.addEventListener('click', () => run(async () => {
    await post('/_fake/advance_time', { seconds: Number(advance.dataset.advance) })
  }))
}
byId('outage').addEventListener('click', () => run(async () => {
  if (snapshot.is_faulty) await post('/_fake/faults', undefined, 'DELETE')
  else await post('/_fake/faults', { kind: 'status', status: 503, workspace_id: snapshot.workspace_id })
}))
byId('connect').addEventListener('click', () => run(async () => {
  await post('/connect_webviews/create', {})
  return 'Created a connect webview'
}))

let stream
const follow = (workspace) => {
  stream?.close()
  const query = workspace ? `?workspace_id=${encodeURIComponent(workspace)}` : ''
  stream = new EventSource(`/_fake/console/events${query}`)
  const live = (className, label) => {
    byId('live').className = `dot ${className}`
    byId('live').setAttribute('aria-label', label)
  }
  stream.addEventListener('snapshot', (event) => {
    snapshot = JSON.parse(event.data)
    live('on', 'live')
    render()
  })
  stream.addEventListener('time', (event) => showTime(JSON.parse(event.data).now))
  const opened = stream
  stream.addEventListener('error', () => {
    live('off', 'not connected')
    // Browsers reconnect after a lost connection, but not after a status such as 503.
    if (opened.readyState === EventSource.CLOSED) setTimeout(() => opened === stream && follow(workspace), 2000)
  })
}
byId('workspace').addEventListener('change', (event) => follow(event.target.value))
follow()
