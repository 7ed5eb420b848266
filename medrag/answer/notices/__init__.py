"""What is said beside an answer whatever the answer is: get help now, and see a doctor."""
