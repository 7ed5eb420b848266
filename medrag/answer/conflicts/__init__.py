"""Where documents of one medicine contradict each other: found by rule, shown with the words of both."""
