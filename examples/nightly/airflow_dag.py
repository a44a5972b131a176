"""A DAG for Apache Airflow 2.4 or newer: a run, safe to retry, for it goes on where it stopped, and its gates."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow import DAG
from airflow.operators.bash import BashOperator

# 0 is done, 6 done with rejects or quarantined files, 4 done with a gate that failed: that one is told by the second
# task, for a retry of the first would find nothing new and succeed. All other codes fail the task; 5 and 143 are
# mended by a retry. The last line that is printed is what the second task asks for.
COMMAND = (
    "/opt/reviewlens/bin/reviewlens run --config /srv/reviews/job.toml --log-format json; "
    "code=$?; echo $code; case $code in 0|4|6) ;; *) exit $code ;; esac"
)
GATE = "[ {{ ti.xcom_pull(task_ids='run') }} -ne 4 ]"

with DAG(
    dag_id="reviewlens",
    description="Sentiment and needs of last night's reviews",
    schedule="15 3 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),  # noqa: UP017 - Airflow still runs on Python 3.10
    catchup=False,  # a run takes all that is new, however many nights were missed
    max_active_runs=1,
) as dag:
    run = BashOperator(
        task_id="run",
        bash_command=COMMAND,
        retries=3,
        retry_delay=timedelta(minutes=5),
        execution_timeout=timedelta(hours=4),
    )
    run >> BashOperator(task_id="gate", bash_command=GATE, retries=0)
