'use strict';
// Preloaded into every process and thread of a command: whoever opens a socket, listens, or asks for an address leaves a
// line in QUORUMQUAKE_TRAP and gets an error.
const { appendFileSync } = require('node:fs');
const dgram = require('node:dgram');
const dns = require('node:dns');
const net = require('node:net');

function trap(object, method) {
  object[method] = () => {
    appendFileSync(process.env.QUORUMQUAKE_TRAP, `${method}\n`);
    throw new Error(`${method} was called`);
  };
}

trap(net.Socket.prototype, 'connect');
trap(net.Server.prototype, 'listen');
for (const method of ['bind', 'connect', 'send']) trap(dgram.Socket.prototype, method);
for (const names of [dns, dns.promises]) {
  for (const method of Object.keys(names).filter((name) => /^(lookup|resolve|reverse)/.test(name))) trap(names, method);
}
