// Publishes to Bluesky with @atproto/api, the client of Bluesky itself. Prints what it got.
import { AtpAgent, AtUri, RichText, XRPCError } from '@atproto/api'

const given = JSON.parse(process.argv[2])
const agent = new AtpAgent({ service: given.url })
await agent.login({ identifier: given.identifier, password: given.password })

const text = new RichText({ text: `Hello from @atproto/api: #atproto, @${agent.session.handle} and https://example.org` })
await text.detectFacets(agent)
const first = await agent.post({ text: text.text, facets: text.facets, langs: ['en'] })
const reply = await agent.post({ text: 'A reply', reply: { root: first, parent: first } })
const quote = await agent.post({ text: 'A quote', embed: { $type: 'app.bsky.embed.record', record: first } })

const upload = await agent.uploadBlob(Buffer.from(given.picture, 'base64'), { encoding: 'image/png' })
const image = { image: upload.data.blob, alt: 'A red picture', aspectRatio: { width: 3, height: 2 } }
const picture = await agent.post({ text: 'A picture', embed: { $type: 'app.bsky.embed.images', images: [image] } })

// As in the tutorial of Bluesky (https://docs.bsky.app/docs/tutorials/video): the package has no method for all of it.
const server = await agent.com.atproto.server.describeServer()
const exp = Math.floor(Date.now() / 1000) + 60 * 30
const grant = { aud: server.data.did, lxm: 'com.atproto.repo.uploadBlob', exp }
const { token } = (await agent.com.atproto.server.getServiceAuth(grant)).data
const uploadUrl = new URL(`${given.url}/xrpc/app.bsky.video.uploadVideo`)
uploadUrl.search = new URLSearchParams({ did: agent.did, name: 'film.mp4' })
const film = Buffer.from(given.film, 'base64')
const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'video/mp4', 'Content-Length': String(film.length) }
let job = await (await fetch(uploadUrl, { method: 'POST', headers, body: film })).json()
while (!job.blob) {
  if (job.state === 'JOB_STATE_FAILED') throw new Error(job.message)
  await new Promise((resolve) => setTimeout(resolve, 500))
  job = (await agent.app.bsky.video.getJobStatus({ jobId: job.jobId })).data.jobStatus
}
const embed = { $type: 'app.bsky.embed.video', video: job.blob, alt: 'A black film' }
const video = await agent.post({ text: 'A film', embed })

const gone = await agent.post({ text: 'Deleted' })
await agent.deletePost(gone.uri)
const { rkey } = new AtUri(gone.uri)
const missing = await agent.getPost({ repo: agent.did, rkey }).catch((error) => error)

const refused = await agent.post({ text: 'x'.repeat(301) }).catch((error) => error)
const read = await agent.getPost({ repo: agent.did, rkey: new AtUri(first.uri).rkey })
await agent.sessionManager.refreshSession()
await agent.logout()

console.log(
  JSON.stringify({
    did: agent.did ?? first.uri.split('/')[2],
    posts: { first: first.uri, reply: reply.uri, quote: quote.uri, picture: picture.uri, video: video.uri },
    cid: first.cid,
    read: [read.cid, read.value.text],
    deleted: missing instanceof XRPCError && missing.error === 'RecordNotFound',
    refusal: { type: refused.constructor.name, status: refused.status, error: refused.error },
  }),
)
