// The other side of failing.c: what fails next in the servers it is preloaded into.
import { openSync, writeSync, readSync, closeSync, rmSync } from 'node:fs';
import { finally_ } from './rig.mjs';

const fields = ['armed', 'seen', 'failed', 'clock_s'];

export class Control {
    constructor() {
        this.path = `/tmp/ashlar-faults-control-${process.pid}`;
        this.fd = openSync(this.path, 'w+', 0o600);
        for (const field of fields) this.set(field, 0);
        finally_(() => {
            closeSync(this.fd);
            rmSync(this.path, { force: true });
        });
    }
    set(field, value) {
        const bytes = Buffer.alloc(8);
        bytes.writeBigInt64LE(BigInt(value));
        writeSync(this.fd, bytes, 0, 8, fields.indexOf(field) * 8);
    }
    get(field) {
        const bytes = Buffer.alloc(8);
        readSync(this.fd, bytes, 0, 8, fields.indexOf(field) * 8);
        return Number(bytes.readBigInt64LE());
    }
    arm(n) {
        this.set('armed', 0);
        this.set('seen', 0);
        this.set('failed', 0);
        this.set('armed', n);
    }
    disarm() {
        this.set('armed', 0);
        return this.get('failed');
    }
    environment() {
        return {
            FAULTS_CONTROL: this.path,
            LD_PRELOAD: process.env.FAULTS_FAILING,
            ASAN_OPTIONS: 'verify_asan_link_order=0',
        };
    }
}
