// Drives tus-js-client, the reference client, against a server: uploads, cuts off, goes on, gives up.
// Usage: node client.mjs FOLDER-WITH-NODE_MODULES SERVER TOKEN PHOTO…   (one photo for each way)
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'

const [folder, server, token, ...photos] = process.argv.slice(2)
const { Upload } = createRequire(`${folder}/`)('tus-js-client')

const CHUNK = 64 * 1024

function upload(file, more) {
  const bytes = readFileSync(file)
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  return new Promise((resolve, reject) => {
    const upload = new Upload(bytes, {
      endpoint: `${server}/v1/files`,
      headers: { authorization: `Bearer ${token}` },
      metadata: { sha256, filetype: 'image/jpeg' },
      retryDelays: [0, 100, 500],
      onSuccess: () => resolve(upload),
      onError: reject,
      ...more(() => upload, resolve),
    })
    upload.start()
  })
}

// In chunks, cut off half-way; another client goes on from the address alone.
async function resumed(file) {
  let most = 0
  const first = await upload(file, (get, resolve) => ({
    chunkSize: CHUNK,
    onProgress(sent, of) {
      most = Math.max(most, sent)
      if (sent > of / 2) get().abort().then(() => resolve(get()))
    },
  }))
  let least = Infinity
  await upload(file, () => ({
    uploadUrl: first.url,
    onProgress(sent) {
      least = Math.min(least, sent)
    },
  }))
  return { most, least }
}

// The bytes go with the creation, PATCH is named in a header.
const together = (file) =>
  upload(file, () => ({ uploadDataDuringCreation: true, chunkSize: CHUNK, overridePatchMethod: true }))

// One request for all of it.
const plain = (file) => upload(file, () => ({}))

// Another client begins the same upload anew without knowing the address.
async function found(file) {
  await upload(file, (get, resolve) => ({
    chunkSize: CHUNK,
    onChunkComplete: () => get().abort().then(() => resolve(get())),
  }))
  await upload(file, () => ({}))
}

// Given up: nothing is left of it.
async function terminated(file) {
  const given = await upload(file, (get, resolve) => ({
    chunkSize: CHUNK,
    onChunkComplete: () => get().abort(true).then(() => resolve(get())),
  }))
  const headers = { authorization: `Bearer ${token}`, 'tus-resumable': '1.0.0' }
  return (await fetch(given.url, { method: 'HEAD', headers })).status
}

const said = { resumed: await resumed(photos[0]) }
await together(photos[1])
await plain(photos[2])
await found(photos[3])
said.terminated = await terminated(photos[4])
console.log(JSON.stringify(said))
