import { processIo } from '../sandbox/command-line.ts';
import { runSmokeCommand } from './smoke/smoke-command.ts';

// Only `tdd deploy` should warn about an old Node.
process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
process.exitCode = await runSmokeCommand(processIo());
