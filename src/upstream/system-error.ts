// What the kernel answered, as the errors of Node's sockets.
import { getSystemErrorName } from 'node:util';

/** `write EPIPE`, with `code`, `errno` and `syscall`. @param detail - goes behind it, with its space */
export function systemError(syscall: string, errno: number, detail = ''): NodeJS.ErrnoException {
  const code = getSystemErrorName(errno);
  return Object.assign(new Error(`${syscall} ${code}${detail}`), { errno, code, syscall });
}

/** Whether a shutdown has nothing to wait for. @param answer - of the handle's `shutdown`: 1 = it is done, below 0 an errno */
export function isShutAtOnce(answer: number): boolean {
  return answer === 1 || (answer < 0 && getSystemErrorName(answer) === 'ENOTCONN');
}
