import { startInstantAws } from './instant-aws.ts';

/** Runs the sandbox's AWS in a separate process until its parent disconnects. Argument: DIRECTORY. */
const [directory = ''] = process.argv.slice(2);
const aws = await startInstantAws(directory);
process.once('disconnect', () => void aws.stop());
process.send?.(aws.endpoint);
