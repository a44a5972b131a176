"""What Spark costs beside the local engine on one machine, and that it says the same."""
