import { fork } from 'node:child_process';
import { start } from '../dist/core/node/worker.js';

const SUBJECT = new URL('subject.mjs', import.meta.url);

/**
 * Starts a subject's process, as a render process is started, and waits until it is ready to be asked. `ask` sends one
 * order and gives its answer; it throws what the subject threw. `skipped` says why the subject cannot run on this machine.
 */
export async function openSubject(name, module) {
  const child = fork(SUBJECT, [module.href], {
    env: { ...start.env, ...process.env },
    execArgv: start.execArgv,
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const answer = () =>
    new Promise((resolve, reject) => {
      const finish = (settle) => (value) => {
        child.off('message', onMessage).off('exit', onExit);
        settle(value);
      };
      const onMessage = (message) =>
        message.failed ? finish(reject)(new Error(`${name}: ${message.failed}`)) : finish(resolve)(message);
      const onExit = (code, signal) => finish(reject)(new Error(`${name}: its process ended with ${signal ?? code}`));
      child.once('message', onMessage).once('exit', onExit);
    });
  const { skipped } = await answer();
  const ask = (type, order = {}) => {
    child.send({ type, ...order });
    return answer();
  };
  return { name, skipped, ask };
}
