-- What wrk has counted, on one line: good answers, microseconds, p99 in microseconds, failures.
function done(summary, latency)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    io.write(string.format("counted %d %d %d %d\n", summary.requests - errors.status, summary.duration,
                           latency:percentile(99), failed))
end
