/** Who the parent and the children of a process are. */
import { readFileSync } from 'node:fs';

/** 0 where it is outside of the pid namespace of this process. */
export const parentOf = (pid: number) =>
	Number(/^PPid:\t(\d+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]);

/** In the order of their birth: those of an outer are process 1, where that is not the program, and the program. */
export const childrenOf = (pid: number) =>
	readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
