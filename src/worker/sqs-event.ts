/** The parts of Lambda's SQS event that the worker reads. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html */
export interface SqsEvent {
  readonly Records: readonly SqsRecord[];
}

/** One delivery of a message. */
export interface SqsRecord {
  readonly messageId: string;
  readonly receiptHandle: string;
  readonly body: string;
  readonly attributes: {
    /** How often it was received, this time included. */
    readonly ApproximateReceiveCount: string;
    /** Epoch ms. */
    readonly ApproximateFirstReceiveTimestamp: string;
  };
}

/** What Lambda's poller takes for an answer (`ReportBatchItemFailures`): all other messages are deleted. */
export interface SqsBatchResponse {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

/** The part of Lambda's context that the worker reads. */
export interface InvocationContext {
  getRemainingTimeInMillis(): number;
}
