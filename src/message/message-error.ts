import { UserError } from '../errors.ts';

/** A message that no worker can work on, now or later: its text says why. */
export class MessageError extends UserError {
  override readonly name = 'MessageError';
}
