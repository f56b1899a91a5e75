import { startInstantAws } from './instant-aws.ts';

/** The sandbox's AWS in a process of its own, until its parent disconnects: DIRECTORY. */
const [directory = ''] = process.argv.slice(2);
const aws = await startInstantAws(directory);
process.once('disconnect', () => void aws.stop());
process.send?.(aws.endpoint);
