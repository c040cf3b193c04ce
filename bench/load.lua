-- wrk's side: real entries with a fresh unique id, time and hash, sent as mlogc sends them.
-- Arguments after `--`: file of templates (bench/entries.py), run id of 8 characters.

local ffi = require("ffi")
ffi.cdef [[
  unsigned char *MD5(const unsigned char *data, size_t size, unsigned char *digest);
  typedef struct { long seconds, microseconds; } moment;
  int gettimeofday(moment *now, void *zone);
]]

local ID, TIME, STOPWATCH, HASH = 1, 2, 3, 4
local now, digest = ffi.new("moment"), ffi.new("unsigned char[16]")
local hex = {}
for byte = 0, 255 do hex[byte] = string.format("%02x", byte) end

local templates, run, head
local sent, second, clock = 0, 0, ""
local gaps, buffer, digits = {}, {}, {}

function init(args)
  templates = dofile(args[1])
  run = args[2]
  head = "PUT " .. wrk.path .. " HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: " .. args[3]
    .. "\r\nAccept: */*\r\nX-Content-Hash: md5:"
end

local function fill(pieces)
  local count = #pieces
  for i = 1, count do
    local piece = pieces[i]
    buffer[i] = gaps[piece] or piece
  end
  return table.concat(buffer, "", 1, count)
end

local function md5(text)
  ffi.C.MD5(text, #text, digest)
  for i = 1, 16 do digits[i] = hex[digest[i - 1]] end
  return table.concat(digits)
end

function request()
  ffi.C.gettimeofday(now, nil)
  local seconds, microseconds = tonumber(now.seconds), tonumber(now.microseconds)
  if seconds ~= second then
    second, clock = seconds, os.date("!%d/%b/%Y:%H:%M:%S", seconds)
  end
  sent = sent + 1
  local template = templates[sent % #templates + 1]
  gaps[ID] = string.format("%s%019d", run, sent)
  gaps[TIME] = string.format("%s.%06d +0000", clock, microseconds)
  gaps[STOPWATCH] = string.format("%d%06d", seconds, microseconds)
  local body = fill(template.body)
  gaps[HASH] = md5(body)
  return head .. gaps[HASH] .. " \r\nX-ForensicLog-Summary: " .. fill(template.summary)
    .. "\r\nContent-Length: " .. template.size .. "\r\n\r\n" .. body
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '\nRESULT {"requests":%d,"duration_us":%d,"p50_us":%d,"p99_us":%d,"max_us":%d,"not_200":%d,"broken":%d}\n',
    summary.requests, summary.duration, latency:percentile(50), latency:percentile(99),
    latency.max, errors.status, errors.connect + errors.read + errors.write + errors.timeout))
end
