-- Requests with 1,000 values of X-Key by turns, made beforehand, so that the visitors cost the same whatever the server does.
local here = debug.getinfo(1, "S").source:match("^@(.*/)")
dofile(here .. "../peers/wrk.lua")

local made = {}
local at = 0

function init()
    for i = 1, 1000 do
        wrk.headers["X-Key"] = string.format("key-%05d", i * 97)
        made[i] = wrk.format()
    end
end

function request()
    at = at % #made + 1
    return made[at]
end
