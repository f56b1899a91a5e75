import type { Partition } from '../partition.ts';

/** One partition to download: what a producer puts on the queue for a worker. */
export interface PartitionMessage extends Partition {
  /** The UTC day of the list of titles. Older producers send none: the first worker takes today's. */
  readonly snapshot?: string;
  /** The run's name. Older producers send none: the first worker makes one. */
  readonly run?: string;
  /** How many workers have handed the partition on before, each having come as far as its time allowed. */
  readonly hop: number;
  /** ISO instant: what was fetched earlier counts as not fetched. */
  readonly redoBefore?: string;
}
