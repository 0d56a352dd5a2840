#!/bin/bash
# sbatch --array=1-8 shards.slurm.sh; and when it has ended, in the same directory: procready merge shards --reporter pretty
#SBATCH --job-name=limits
#SBATCH --output=limits-%a.tap
#SBATCH --requeue
# A task whose node fails is queued again, with the same number, and replaces what it had written. Cases that failed (1) are
# no reason to run it again; where procready itself failed (125) another node may do better.
mkdir -p shards
procready test --shard auto --shard-by hash --reporter tap --reporter "blob=shards/$SLURM_ARRAY_TASK_ID.blob"
status=$?
if [ $status = 125 ] && [ "${SLURM_RESTART_COUNT:-0}" -lt 2 ]; then
	scontrol requeue "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID"
fi
exit $status
