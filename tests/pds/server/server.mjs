// A real Bluesky personal data server (PDS) with its own in-memory PLC directory, on loopback.
//
//   node server.mjs --data DIR [--port N] [--plc-port N] [--rate-limits]
//
// Prints one line of JSON to stdout when ready: {"pds", "plc", "adminPassword"}.
// Runs until SIGTERM, SIGINT or the end of stdin, so a parent that dies takes it along.
// DIR keeps accounts, blobs, keys, ports and the PLC operations: a restart with the same DIR
// has the same accounts at the same addresses. LOG_ENABLED=true logs to DIR/server.log.
import { randomBytes } from 'node:crypto'
import dns from 'node:dns'
import { once } from 'node:events'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'

const HOST = '127.0.0.1'

const text = { type: 'string' }
const { values: args } = parseArgs({
  options: { data: text, port: text, 'plc-port': text, 'rate-limits': { type: 'boolean' } },
})
if (!args.data) throw new Error('--data DIR is needed')

const stopped = new Promise((resolve) => {
  for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, resolve)
  process.stdin.on('end', resolve).on('error', resolve).resume()
})

// Nothing leaves loopback: a handle or host elsewhere is not found, at once.
dns.setServers([`${HOST}:1`])
const { lookup } = dns
dns.lookup = (name, ...rest) => {
  if (net.isIP(name)) return lookup(name, ...rest)
  if (name === 'localhost') return lookup(HOST, ...rest)
  const error = Object.assign(new Error(`no look-up of ${name}`), { code: 'ENOTFOUND' })
  process.nextTick(rest.at(-1), error)
}

const data = resolve(args.data)
mkdirSync(data, { recursive: true })

// The log settings are read when the packages load, so these are imported only afterwards.
process.env.LOG_DESTINATION = join(data, 'server.log')
const { PDS, envToCfg, envToSecrets } = await import('@atproto/pds')
const { MockDatabase, PlcServer } = (await import('@did-plc/server')).default

// What must stay the same over a restart: the keys, and the port that the DID documents name.
const statePath = join(data, 'state.json')
const fresh = () => randomBytes(32).toString('hex')
const state = existsSync(statePath)
  ? JSON.parse(readFileSync(statePath, 'utf8'))
  : { adminPassword: fresh(), jwtSecret: fresh(), plcRotationKey: fresh() }

/** The in-memory PLC database, with its accepted operations kept in a file and replayed. */
class KeptPlc extends MockDatabase {
  async load(path) {
    const lines = existsSync(path) ? readFileSync(path, 'utf8').split('\n').filter(Boolean) : []
    for (const { did, operation } of lines.map((line) => JSON.parse(line))) {
      await super.validateAndAddOp(did, operation)
    }
    this.path = path
  }

  async validateAndAddOp(did, operation) {
    await super.validateAndAddOp(did, operation)
    appendFileSync(this.path, JSON.stringify({ did, operation }) + '\n')
  }
}

/** Takes a port on loopback at once (0: a free one), before the server that will use it exists. */
async function takePort(port) {
  const socket = net.createServer().listen(Number(port), HOST)
  await once(socket, 'listening')
  return { socket, port: socket.address().port, url: `http://${HOST}:${socket.address().port}` }
}

/** Either server alone would listen on every interface: this gives it the socket taken before. */
async function startOn(taken, server) {
  const listen = server.app.listen.bind(server.app)
  server.app.listen = () => listen(taken.socket)
  await server.start()
}

const plcAt = await takePort(args['plc-port'] ?? state.plcPort ?? 0)
const pdsAt = await takePort(args.port ?? state.pdsPort ?? 0)
const kept = { ...state, plcPort: plcAt.port, pdsPort: pdsAt.port }
writeFileSync(statePath, JSON.stringify(kept, null, 2), { mode: 0o600 })

const plcDb = new KeptPlc()
await plcDb.load(join(data, 'plc.jsonl'))
const plc = PlcServer.create({ db: plcDb })
await startOn(plcAt, plc)

const env = {
  hostname: 'localhost',
  port: pdsAt.port,
  devMode: true,
  dataDirectory: data,
  blobstoreDiskLocation: join(data, 'blobs'),
  blobstoreDiskTmpLocation: join(data, 'blobs-tmp'),
  didPlcUrl: `http://localhost:${plcAt.port}`, // the PDS resolves no DID at a host without a name
  serviceHandleDomains: ['.test'],
  enableDidDocWithSession: true,
  inviteRequired: false,
  rateLimitsEnabled: args['rate-limits'] ?? false,
  jwtSecret: state.jwtSecret,
  adminPassword: state.adminPassword,
  plcRotationKeyK256PrivateKeyHex: state.plcRotationKey,
}
const cfg = envToCfg(env)
cfg.service.publicUrl = cfg.oauth.issuer = pdsAt.url // else localhost, which may mean ::1
const pds = await PDS.create(cfg, envToSecrets(env))
await startOn(pdsAt, pds)

console.log(JSON.stringify({ pds: pdsAt.url, plc: plcAt.url, adminPassword: state.adminPassword }))
await stopped
process.stdin.destroy() // an open pipe would keep the process
await pds.destroy()
await plc.destroy()
