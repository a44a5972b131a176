"""A DAG for Apache Airflow 2.4 or newer: one task, safe to retry, for a run goes on where the last one stopped."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

from airflow import DAG
from airflow.operators.bash import BashOperator

# 6 is done, with rejects or quarantined files. All other codes fail the task; 5 and 143 are mended by a retry.
COMMAND = "/opt/reviewlens/bin/reviewlens run --config /srv/reviews/job.toml --log-format json || [ $? -eq 6 ]"

with DAG(
    dag_id="reviewlens",
    description="Sentiment and needs of last night's reviews",
    schedule="15 3 * * *",
    start_date=datetime(2024, 1, 1, tzinfo=timezone.utc),  # noqa: UP017 - Airflow still runs on Python 3.10
    catchup=False,  # a run takes all that is new, however many nights were missed
    max_active_runs=1,
) as dag:
    BashOperator(
        task_id="run",
        bash_command=COMMAND,
        retries=3,
        retry_delay=timedelta(minutes=5),
        execution_timeout=timedelta(hours=4),
    )
