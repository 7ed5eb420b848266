"""From a question to ranked evidence: understanding it, four channels, fusing them, ordering what they found."""
