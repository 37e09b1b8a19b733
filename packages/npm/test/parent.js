// A program that starts a fake, prints its address and then does what its argument names.

import { once } from 'node:events'
import process from 'node:process'

import { createFake } from '../index.js'

const { url } = await createFake()
console.log(url)
// The test has connected once it writes a line.
await once(process.stdin, 'data')
process.stdin.destroy()
if (process.argv[2] === 'throw') throw new Error('thrown by the test')
