-- A request of about 300 bytes, as browsers send, and a result in JSON.
function init(args)
  local headers = {
    ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0",
    ["Accept"] = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8",
    ["Accept-Language"] = "en-GB,en;q=0.5",
    ["Cookie"] = args[2] or "session=0123456789abcdef0123456789abcdef"
  }
  if args[1] == "close" then headers["Connection"] = "close" end
  request_text = wrk.format("GET", nil, headers)
end

function request()
  return request_text
end

function done(summary, latency)
  local errors = summary.errors
  io.write(string.format(
    '{"requests":%d,"bytes":%d,"seconds":%.6f,"p99Ms":%.3f,"errors":%d}\n',
    summary.requests, summary.bytes, summary.duration / 1e6, latency:percentile(99) / 1000,
    errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
