// The host of the WebAssembly program: responds to its requests, or sends them with `fetch`, and advances its clock when it waits.
import assert from "node:assert/strict"
import { once } from "node:events"
import { readFile } from "node:fs/promises"
import { createServer } from "node:http"

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]), {})
const { start, poll, output, input, respond, next_timer, advance } = instance.exports

function readOutput() {
  const bytes = []
  for (let byte; (byte = output(bytes.length)) >= 0; ) bytes.push(byte)
  return new TextDecoder().decode(new Uint8Array(bytes))
}

// Parses the request in the output of the program.
function parseRequest(text) {
  const end = text.indexOf("\n\n")
  const [line, ...lines] = text.slice(0, end).split("\n")
  const [method, url] = line.split(" ")
  const headers = lines.map((header) => header.split(": ", 2))
  return { method, url, headers, body: text.slice(end + 2) }
}

function writeResponse(status, text) {
  for (const byte of new TextEncoder().encode(text)) input(byte)
  respond(status)
}

// Runs a program. `responses` has a response for each request, or null for a request without a response. Returns the requests
// and the result.
function run(program, responses) {
  const requests = []
  start(program)
  while (poll() === 0) {
    const text = readOutput()
    if (text !== "") {
      const { method, url, body } = parseRequest(text)
      requests.push(`${method} ${url}\n${body}`)
      const response = responses.shift()
      if (response) {
        writeResponse(response.status, JSON.stringify(response.body))
        continue
      }
    }
    const pause = next_timer()
    assert.ok(pause >= 0, "the program is pending without a request or a timer")
    advance(pause + 1)
  }
  return { requests, result: readOutput() }
}

// Runs a program whose requests are sent with `fetch`, to the server at `base`. Returns the result.
async function runWithFetch(program, base) {
  start(program)
  while (poll() === 0) {
    const text = readOutput()
    if (text !== "") {
      const { method, url, headers, body } = parseRequest(text)
      const { pathname, search } = new URL(url)
      // `fetch` sets the length itself, and decodes compressed bodies. The client handles redirects as errors.
      const response = await fetch(base + pathname + search, { method, headers, body: body || undefined, redirect: "manual" })
      writeResponse(response.status, await response.text())
    } else {
      advance(next_timer() + 1)
    }
  }
  return readOutput()
}

const failure = { status: 503, body: {} }
const devices = [{ device_id: "a", display_name: "Türe" }, { device_id: "b", display_name: "Back Door" }]
const attempt = (status) => ({
  status: 200,
  body: { action_attempt: { action_attempt_id: "c", action_type: "UNLOCK_DOOR", status, result: {}, error: null } },
})

// A call with a retry after a backoff.
const list = { status: 200, body: { devices, pagination: { has_next_page: false, next_page_cursor: null, next_page_url: null } } }
let { requests, result } = run(0, [failure, list])
assert.equal(result, "Türe, Back Door")
assert.deepEqual(requests, Array(2).fill("GET https://connect.getseam.com/devices/list\n"))

// Waiting for an action.
;({ requests, result } = run(1, [attempt("pending"), attempt("pending"), attempt("success")]))
assert.equal(requests[0], 'POST https://connect.getseam.com/locks/unlock_door\n{"device_id":"front"}')
assert.equal(requests.length, 3)
assert.match(result, /Success/)

// A timeout by the clock of the host. The door may have been unlocked, so the action is not retried.
;({ requests, result } = run(1, [null]))
assert.equal(requests.length, 1)
assert.match(result, /^error: .*Unknown, 1 attempts\)$/)

// A client without a clock sends no request, and neither does a blocking call on a host without threads.
;({ requests, result } = run(2, []))
assert.equal(requests.length, 0)
assert.match(result, /^error: .*this platform has no clock; pass one to `Builder::clock`/)
;({ requests, result } = run(3, []))
assert.equal(requests.length, 0)
assert.match(result, /^error: .*await the calls instead/)

// The call again over HTTP, with `fetch` as the transport.
const received = []
const server = createServer((request, response) => {
  received.push(request.headers.authorization)
  response.setHeader("content-type", "application/json").end(JSON.stringify(list.body))
}).listen(0, "127.0.0.1")
await once(server, "listening")
try {
  assert.equal(await runWithFetch(0, `http://127.0.0.1:${server.address().port}`), "Türe, Back Door")
  assert.deepEqual(received, ["Bearer seam_test_wasm"])
} finally {
  server.close()
  server.closeAllConnections()
}

console.log("a client in WebAssembly: a call with a retry, an action, a timeout, no clock, no blocking, fetch: ok")
