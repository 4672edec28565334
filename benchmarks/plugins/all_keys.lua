-- Requests with 100,000 values of X-Key, each thread from another one on.
local here = debug.getinfo(1, "S").source:match("^@(.*/)")
dofile(here .. "../peers/wrk.lua")

local threads = 0

function setup(thread)
    thread:set("at", threads * 50000)
    threads = threads + 1
end

function request()
    at = (at + 1) % 100000
    wrk.headers["X-Key"] = string.format("key-%05d", at)
    return wrk.format()
end
