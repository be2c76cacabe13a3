// storage.h against a real S3 server (s3rver), beside Amazon's own client. s3rver takes any version 4
// signature, so a gate before it makes each anew with another library (aws4) and compares.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import crypto from 'node:crypto'
import fs from 'node:fs'
import http from 'node:http'
import os from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import { S3Client, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import aws4 from 'aws4'
import S3rver from 's3rver'

const program = process.argv[2]
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'ashlar-s3-'))
const server = new S3rver({
    port: 0, address: '127.0.0.1', silent: true, directory, configureBuckets: [{ name: 'bucket' }],
})
const { port } = await server.run()
const keys = { accessKeyId: 'S3RVER', secretAccessKey: 'S3RVER' }

// The signature this request must have.
function rightSignature({ method, url, headers }) {
    const query = new URL(url, 'http://x').searchParams
    if (query.has('X-Amz-Signature')) {
        const kept = ['X-Amz-Expires', 'X-Amz-Date'].map(name => `${name}=${query.get(name)}`).join('&')
        const made = aws4.sign({
            service: 's3', region: 'us-east-1', method, host: headers.host, signQuery: true,
            path: `${url.split('?')[0]}?${kept}`,
        }, keys)
        return [query.get('X-Amz-Signature'), new URL(made.path, 'http://x').searchParams.get('X-Amz-Signature')]
    }
    const [, names, given] = /SignedHeaders=([^,]*),\s*Signature=(.*)$/.exec(headers.authorization)
    assert.ok(names.includes('host') && names.includes('x-amz-content-sha256') && names.includes('x-amz-date'))
    const made = aws4.sign({
        service: 's3', region: 'us-east-1', method, path: url,
        headers: Object.fromEntries(names.split(';').map(name => [name, headers[name]])),
    }, keys)
    return [given, /Signature=(.*)$/.exec(made.headers.Authorization)[1]]
}

let checked = 0
const gate = http.createServer((request, reply) => {
    const parts = []
    request.on('data', part => parts.push(part)).on('end', () => {
        const body = Buffer.concat(parts), hash = request.headers['x-amz-content-sha256']
        const [given, right] = rightSignature(request)
        checked++
        if (given !== right || (hash && hash !== crypto.createHash('sha256').update(body).digest('hex')))
            return reply.writeHead(403).end('<Error><Code>SignatureDoesNotMatch</Code></Error>')
        const headers = { ...request.headers }
        delete headers.authorization // it has been judged
        const path = request.url.split('?')[0]
        const through = http.request({ port, host: '127.0.0.1', method: request.method, path, headers },
            answer => {
                reply.writeHead(answer.statusCode, answer.headers)
                answer.pipe(reply)
            })
        through.end(body)
    })
})
await new Promise(up => gate.listen(0, '127.0.0.1', up))
const endpoint = `http://127.0.0.1:${gate.address().port}`

function environment(more) {
    return {
        ASHLAR_ENV: 'test', ASHLAR_STORAGE: 's3', ASHLAR_STORAGE_S3_URL: endpoint,
        ASHLAR_STORAGE_S3_BUCKET: 'bucket', ASHLAR_STORAGE_S3_PATH_STYLE: 'true',
        ASHLAR_STORAGE_S3_KEY_ID: keys.accessKeyId, ASHLAR_STORAGE_S3_SECRET: keys.secretAccessKey, ...more,
    }
}

// Asynchronous, because the server runs in this process.
const run = promisify(execFile)
async function ashlar(words, more = {}) {
    const { stdout } = await run(program, words, { env: environment(more) })
    return stdout.trimEnd()
}

try {
    const amazon = new S3Client({
        endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: keys, forcePathStyle: true,
        requestChecksumCalculation: 'WHEN_REQUIRED', responseChecksumValidation: 'WHEN_REQUIRED',
    })

    // What we put, Amazon's client reads; what it puts, we read.
    assert.equal(await ashlar(['put', 'doc/a-b.txt', 'hello']), 'ok')
    const read = await amazon.send(new GetObjectCommand({ Bucket: 'bucket', Key: 'doc/a-b.txt' }))
    assert.equal(await read.Body.transformToString(), 'hello')
    assert.equal(read.ContentType, 'text/plain')
    await amazon.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'doc/c', Body: 'from amazon', ContentType: 'image/png' }))
    assert.equal(await ashlar(['get', 'doc/c']), 'image/png from amazon')
    assert.equal(await ashlar(['head', 'doc/c']), 'image/png 11')

    // Replacing, missing, deleting twice.
    assert.equal(await ashlar(['put', 'doc/c', 'shorter']), 'ok')
    assert.equal(await ashlar(['get', 'doc/c']), 'text/plain shorter')
    assert.equal(await ashlar(['get', 'doc/none']), 'not-found')
    assert.equal(await ashlar(['head', 'doc/none']), 'not-found')
    assert.equal(await ashlar(['delete', 'doc/c']), 'ok')
    assert.equal(await ashlar(['delete', 'doc/c']), 'ok')
    assert.equal(await ashlar(['get', 'doc/c']), 'not-found')

    // Another secret is refused, and we say so.
    assert.equal(await ashlar(['put', 'doc/d', 'x'], { ASHLAR_STORAGE_S3_SECRET: 'another-secret' }), 'unavailable')
    assert.equal(await ashlar(['put', 'doc/d', 'x'], { ASHLAR_STORAGE_S3_BUCKET: 'no-such' }), 'unavailable')

    // A browser's way: PUT and GET by presigned URLs.
    const put = await fetch(await ashlar(['presign', 'up/load', 'PUT']), { method: 'PUT', body: 'by url' })
    assert.equal(put.status, 200)
    const got = await fetch(await ashlar(['presign', 'up/load', 'GET']))
    assert.equal(await got.text(), 'by url')
    const forged = (await ashlar(['presign', 'up/load', 'GET'])).replace('up/load', 'doc/a-b.txt')
    assert.equal((await fetch(forged)).status, 403)

    // Where Amazon's presigner points, both styles of address; and byte by byte what aws4 signs.
    for (const pathStyle of [true, false]) {
        const far = new S3Client({
            endpoint: 'https://s3.eu-central-1.amazonaws.com', region: 'eu-central-1', credentials: keys,
            forcePathStyle: pathStyle,
        })
        for (const [method, Command] of [['GET', GetObjectCommand], ['PUT', PutObjectCommand]]) {
            const ours = new URL(await ashlar(['presign', 'a/b-c_d.e', method], {
                ASHLAR_STORAGE_S3_URL: 'https://s3.eu-central-1.amazonaws.com',
                ASHLAR_STORAGE_S3_REGION: 'eu-central-1', ASHLAR_STORAGE_S3_PATH_STYLE: String(pathStyle),
            }))
            const amazons = new URL(await getSignedUrl(far,
                new Command({ Bucket: 'bucket', Key: 'a/b-c_d.e' }), { expiresIn: 600 }))
            assert.equal(ours.host + ours.pathname, amazons.host + amazons.pathname)
            const date = ours.searchParams.get('X-Amz-Date')
            const signed = aws4.sign({
                service: 's3', region: 'eu-central-1', method, host: ours.host, signQuery: true,
                path: `${ours.pathname}?X-Amz-Expires=600&X-Amz-Date=${date}`,
            }, keys)
            const theirs = new URL(`https://${signed.host}${signed.path}`)
            assert.deepEqual([...ours.searchParams].sort(), [...theirs.searchParams].sort())
        }
    }
    console.log(`${checked} signatures checked`)
} finally {
    gate.close()
    gate.closeAllConnections()
    await server.close()
    fs.rmSync(directory, { recursive: true })
}
