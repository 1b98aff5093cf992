// What a diagnostics channel says while a test runs.
import diagnostics from 'node:diagnostics_channel';
import { onTestFinished } from 'vitest';

/** Every message of a channel from now to the end of the test. */
export function heard<Message>(channel: string): Message[] {
  const messages: Message[] = [];
  const listener = (message: unknown): void => {
    messages.push(message as Message);
  };
  diagnostics.subscribe(channel, listener);
  onTestFinished(() => {
    diagnostics.unsubscribe(channel, listener);
  });
  return messages;
}
