"""What a topology takes: pods, CPU, memory and storage."""
