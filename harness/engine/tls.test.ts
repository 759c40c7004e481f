import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { loadResultSchema } from '../../reports/load-result.ts'
import { agentInput } from '../agent/input.ts'
import { runLoad } from '../agent/process.ts'
import { rawServer } from '../agent/testing.ts'
import { testCredentials, tlsServer } from '../agent/testing-tls.ts'
import { parseConfig } from '../config.ts'
import { type LoadInput, loadSchema } from '../load/input/index.ts'
import type { TargetedPlan } from '../load/plan.ts'
import { planLoad } from '../tools/plan.ts'

const load = async (url: string, input: LoadInput) => {
  const shape = { duration: '500ms', warmUp: '0s', timeout: '2s', connections: 2, rate: 40, ...input }
  return loadResultSchema.parse(await runLoad({ ...parseConfig(loadSchema, shape, 'load'), url }))
}

const tested = testCredentials()

describe.concurrent('a load over TLS', { retry: 2 }, () => {
  test('the server is checked against the given authority; handshakes are full', async () => {
    await using target = await tlsServer(tested.server)
    const result = await load(target.url, { tls: { caFile: tested.authority.caFile } })
    expect(result).toMatchObject({ requests: 20, errors: {}, handshakes: { full: 2, resumed: 0 } })
    expect(target.handshakes).toEqual({ full: 2, resumed: 0 })
  })

  test.for([false, true])('resumption %s: a handshake for every request', async (resumption) => {
    await using target = await tlsServer(tested.server)
    const result = await load(target.url, {
      keepAlive: false,
      connections: 1,
      tls: { caFile: tested.authority.caFile, resumption },
    })
    expect(result).toMatchObject({ requests: 20, errors: {}, handshakes: target.handshakes })
    expect(target.handshakes).toEqual(resumption ? { full: 1, resumed: 19 } : { full: 20, resumed: 0 })
  })

  test('mTLS: the client shows its certificate', async () => {
    await using target = await tlsServer({ ...tested.server, ca: tested.authority.ca, requestCert: true })
    const { caFile } = tested.authority
    const result = await load(target.url, {
      tls: { caFile, certFile: tested.client.certFile, keyFile: tested.client.keyFile },
    })
    expect(result).toMatchObject({ requests: 20, errors: {}, validity: { valid: true } })
  })

  test('a name of its own is asked for and checked', async () => {
    const other = await tested.authority.issue({ names: ['echo.example'] })
    let asked = ''
    await using target = await tlsServer({
      ...other,
      SNICallback: (name, done) => {
        asked = name
        done(null)
      },
    })
    const { caFile } = tested.authority
    const result = await load(target.url, { tls: { caFile, serverName: 'echo.example' } })
    expect(result).toMatchObject({ requests: 20, errors: {} })
    expect(asked).toBe('echo.example')
  })

  test.for([
    ['an expired certificate', { expired: true }, {}, 'certificate has expired'],
    ['a certificate for another name', { names: ['other.example'] }, {}, "does not match certificate's altnames"],
    ['an unknown authority', {}, { caFile: undefined }, 'unable to verify the first certificate'],
  ] as const)('%s is refused, as tls and in its words; unverified it is accepted', async ([, issue, fields, words]) => {
    await using target = await tlsServer(await tested.authority.issue(issue))
    const tls = { caFile: tested.authority.caFile, ...fields }
    const refused = await load(target.url, { tls })
    expect(refused).toMatchObject({ requests: 20, errors: { tls: 20 }, latency: { count: 0 } })
    expect(refused.validity.reasons[0]?.text).toContain('nothing was answered; tls ')
    expect(refused.validity.reasons[0]?.text).toContain(words)
    expect(await load(target.url, { tls: { ...tls, verify: false } })).toMatchObject({ requests: 20, errors: {} })
  })

  test.for(['TLSv1.2', 'TLSv1.3'] as const)(
    'a client certificate that is missing is refused, as tls: %s',
    async (version) => {
      const options = {
        ...tested.server,
        ca: tested.authority.ca,
        requestCert: true,
        maxVersion: version,
        minVersion: version,
      }
      await using target = await tlsServer(options)
      const result = await load(target.url, { tls: { caFile: tested.authority.caFile } })
      expect(result).toMatchObject({ requests: 20, latency: { count: 0 } })
      expect(result.errors.tls).toBeGreaterThan(0)
      expect(Object.keys(result.errors).filter((kind) => !['tls', 'unsent'].includes(kind))).toEqual([])
      expect(result.validity.reasons[0]?.text).toMatch(
        /nothing was answered; .*(certificate required|handshake failure)/,
      )
    },
  )

  test('a server without TLS is no TLS server', async () => {
    await using plain = await rawServer(() => {})
    await using answering = await rawServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    const url = (port: number) => `https://127.0.0.1:${port}/`
    expect((await load(url(plain.port), { timeout: '200ms' })).errors).toMatchObject({ connect: expect.any(Number) })
    await plain[Symbol.asyncDispose]()
    const closed = await load(url(plain.port), {})
    expect(closed).toMatchObject({ errors: { connect: 20 } })
    expect(closed.validity.reasons[0]?.text).toContain('ECONNREFUSED')
    expect(answering.requests).toBe(0)
  })
})

describe('what is wrong is named before the start', () => {
  const wrong = (tls: LoadInput['tls']) => () => parseConfig(loadSchema, { tls }, 'load')

  test('files that are missing, or hold something else, or do not fit', () => {
    const nonsense = join(tested.authority.folder, 'nonsense.pem')
    writeFileSync(nonsense, 'nonsense')
    expect(wrong({ caFile: '/nowhere/ca.pem', certFile: nonsense, keyFile: tested.server.certFile })).toThrow(
      /tls\.caFile: received "\/nowhere\/ca.pem"; a file with certificates in PEM \(ENOENT.*tls\.certFile: .*PEM.*tls\.keyFile: .*a private key/s,
    )
    expect(wrong({ certFile: tested.server.certFile, keyFile: tested.client.keyFile })).toThrow(
      /tls\.keyFile: .*the key of the certificate/,
    )
    expect(wrong({ certFile: tested.server.certFile })).toThrow(
      /tls\.keyFile: received nothing; a certificate and its key/,
    )
  })

  test('TLS where the URL has none', () => {
    expect(() => planLoad({ tls: {} }, 'http://127.0.0.1:1/')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining("none, where the URL's scheme is without TLS"),
      }),
    )
  })
})

test('the agent gets the contents of the files, and who keeps the load only their names', () => {
  const { certFile, keyFile, key } = tested.server
  const spec: TargetedPlan = { ...loadSchema.parse({ tls: { certFile, keyFile } }), url: 'https://localhost/' }
  expect(JSON.parse(agentInput(spec)).tls).toMatchObject({ certFile, key })
  expect(JSON.stringify(spec)).not.toContain('PRIVATE KEY')
  expect(() =>
    agentInput({ ...spec, tls: { ...loadSchema.parse({ tls: {} }).tls, caFile: '/gone' } } as TargetedPlan),
  ).toThrow('tls.caFile: received /gone; a file with certificates')
})
