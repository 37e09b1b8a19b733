// A program that starts a fake, prints its URL, and ends in the way that its argument selects.

import { once } from 'node:events'
import process from 'node:process'

import { createFake } from '../index.js'

const { url } = await createFake()
console.log(url)
// The test writes a line after it has connected.
await once(process.stdin, 'data')
process.stdin.destroy()
if (process.argv[2] === 'throw') throw new Error('thrown by the test')
