"""The Lambda function beside a naive one: time, import, package, memory."""
