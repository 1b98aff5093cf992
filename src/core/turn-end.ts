// What is better done together at the end of a turn of the event loop than in between.

/** Something to be done once what the kernel has told in this turn is dealt with. */
export interface TurnTask {
  onTurnEnd(): void;
}

const tasks: TurnTask[] = [];

/**
 * Runs `task` behind the other events of this turn, once for each call; tasks that tasks add run in the same turn.
 * System calls that wake another process are cheaper one behind the other: only the first has to rouse its processor.
 */
export function atTurnEnd(task: TurnTask): void {
  if (tasks.push(task) === 1) setImmediate(runTasks);
}

function runTasks(): void {
  let done = 0;
  try {
    // The list may grow meanwhile.
    for (const task of tasks) {
      done++;
      task.onTurnEnd();
    }
  } finally {
    // One that throws takes no other with it.
    tasks.splice(0, done);
    if (tasks.length > 0) setImmediate(runTasks);
  }
}
