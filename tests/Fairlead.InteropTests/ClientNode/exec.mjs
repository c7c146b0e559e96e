// Runs one command with @kubernetes/client-node and tells in one line of JSON how it went.
//   node exec.mjs CLIENT_FOLDER KUBECONFIG INPUT_OR_EMPTY COMMAND...
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { pathToFileURL } from 'node:url';

const [folder, kubeconfig, input, ...command] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(folder, 'package.json')));
const k8s = await import(pathToFileURL(require.resolve('@kubernetes/client-node')));

const config = new k8s.KubeConfig();
config.loadFromFile(kubeconfig);

const collect = (stream) => {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString('utf8');
};
const stdout = new PassThrough(), stderr = new PassThrough();
const outText = collect(stdout), errText = collect(stderr);
const stdin = input === '' ? null : Readable.from([Buffer.from(input)], { objectMode: false });

let status = null;
const socket = await new k8s.Exec(config).exec(
  'default', 'demo', 'shell', command, stdout, stderr, stdin, false, (final) => { status = final; });
const close = await new Promise((resolve) => socket.on('close', (code) => resolve(code)));

console.log(JSON.stringify({ protocol: socket.protocol, stdout: outText(), stderr: errText(), status, close }));
