// The host of the WebAssembly program: responds to its requests, and advances its clock when it waits.
import assert from "node:assert/strict"
import { readFile } from "node:fs/promises"

const { instance } = await WebAssembly.instantiate(await readFile(process.argv[2]), {})
const { start, poll, output, input, respond, next_timer, advance } = instance.exports

function readOutput() {
  const bytes = []
  for (let byte; (byte = output(bytes.length)) >= 0; ) bytes.push(byte)
  return new TextDecoder().decode(new Uint8Array(bytes))
}

// Runs a program. `responses` has a response for each request, or null for a request without a response. Returns the requests
// and the result.
function run(program, responses) {
  const requests = []
  start(program)
  while (poll() === 0) {
    const request = readOutput()
    if (request !== "") {
      requests.push(request)
      const response = responses.shift()
      if (response) {
        for (const byte of new TextEncoder().encode(JSON.stringify(response.body))) input(byte)
        respond(response.status)
        continue
      }
    }
    const pause = next_timer()
    assert.ok(pause >= 0, "the program is pending without a request or a timer")
    advance(pause + 1)
  }
  return { requests, result: readOutput() }
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

console.log("a client in WebAssembly: a call with a retry, an action, a timeout, no clock, no blocking: ok")
