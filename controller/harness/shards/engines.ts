/** What runs a job many times at once, and how each of these runs is told which one it is: a row for each engine. */

export interface Engine {
	name: string;
	/** The variable with the number of this run: what is seen of an engine. */
	index: string;
	/** The number of the first run, or the variable that has it. */
	first: 0 | 1 | { variable: string };
	/** The variable with the number of runs; absent: the engine does not tell, so that the caller has to. */
	count?: string;
	/** The variable with the difference between the numbers of two runs. Default: 1. */
	step?: string;
	/** The variable with the path of a file by which a run says that it knows of shards: it is made, or its time set. */
	statusFile?: string;
	/** What makes the engine run a job many times: said where a variable is missing. */
	asked: string;
	/** Where its variables are documented. */
	source: string;
}

export const engines: readonly Engine[] = [
	{
		...{ name: 'GitLab', index: 'CI_NODE_INDEX', first: 1, count: 'CI_NODE_TOTAL', asked: 'parallel: N of the job' },
		source: 'https://docs.gitlab.com/ci/variables/predefined_variables/',
	},
	{
		...{ name: 'Kubernetes', index: 'JOB_COMPLETION_INDEX', first: 0 },
		asked: 'completionMode: Indexed of the Job',
		source: 'https://kubernetes.io/docs/concepts/workloads/controllers/job/#completion-mode',
	},
	{
		...{ name: 'Slurm', index: 'SLURM_ARRAY_TASK_ID', first: { variable: 'SLURM_ARRAY_TASK_MIN' } },
		...{ count: 'SLURM_ARRAY_TASK_COUNT', step: 'SLURM_ARRAY_TASK_STEP', asked: 'sbatch --array=1-N' },
		source: 'https://slurm.schedmd.com/job_array.html',
	},
	{
		...{ name: 'Bazel', index: 'TEST_SHARD_INDEX', first: 0, count: 'TEST_TOTAL_SHARDS' },
		...{ statusFile: 'TEST_SHARD_STATUS_FILE', asked: 'shard_count of the rule' },
		source: 'https://bazel.build/reference/test-encyclopedia#test-sharding',
	},
	{
		...{ name: 'Buildkite', index: 'BUILDKITE_PARALLEL_JOB', first: 0, count: 'BUILDKITE_PARALLEL_JOB_COUNT' },
		asked: 'parallelism: N of the step',
		source: 'https://buildkite.com/docs/pipelines/configure/environment-variables',
	},
	{
		...{ name: 'CircleCI', index: 'CIRCLE_NODE_INDEX', first: 0, count: 'CIRCLE_NODE_TOTAL' },
		asked: 'parallelism: N of the job',
		source: 'https://circleci.com/docs/reference/variables/',
	},
];
