// The two algorithms of rate limits as scripts of Redis: judged and counted in one step, by the clock of the server.

/**
 * The same rules as `rate-limit/sliding-window.ts` and `rate-limit/gcra.ts`, line by line; a test compares them.
 *
 * ```
 *   KEYS[1] the state: a hash with s(tart), p(revious), c(urrent), l(ast), or with a(rrival)
 *   ARGV    algorithm, requests, windowMs, burst, countDenied (0 or 1), maxDelayMs, now ('' = the server's time)
 *   answer  allowed (0 or 1), delayMs, remaining, retryAfterMs
 * ```
 * Times are whole ms since the beginning of 2026: so that a time multiplied by `requests` stays a whole number.
 */
export const TAKE_SCRIPT = `
local requests, window, burst = tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
local counts, maxDelay = ARGV[5] == '1', tonumber(ARGV[6])
local now = tonumber(ARGV[7])
if now == nil then
  local time = redis.call('TIME')
  now = (tonumber(time[1]) - 1767225600) * 1000 + math.floor(tonumber(time[2]) / 1000)
end
local function text(number) return string.format('%.0f', number) end
local function below(value) return math.ceil(value) - 1 end

if ARGV[1] == 'gcra' then
  local state = tonumber(redis.call('HGET', KEYS[1], 'a') or nil)
  local at, tolerance = now * requests, window * (burst - 1)
  local arrival = math.max(state or at, at)
  local early = arrival - at - tolerance
  local wait = early <= 0 and 0 or math.ceil(early / requests)
  if wait > maxDelay then return {0, 0, 0, wait} end
  arrival = arrival + window
  redis.call('HSET', KEYS[1], 'a', text(arrival))
  redis.call('PEXPIRE', KEYS[1], text(math.ceil((arrival - at) / requests) + 1))
  local remaining = math.max(0, math.floor((tolerance - (arrival - at)) / window) + 1)
  return {1, wait, remaining, 0}
end

local state = redis.call('HMGET', KEYS[1], 's', 'p', 'c', 'l')
local last = tonumber(state[4] or nil)
local from = last and math.max(now, last) or now
local start, previous, current = tonumber(state[1] or nil), tonumber(state[2] or nil), tonumber(state[3] or nil)
if start == nil then start, previous, current = from, 0, 0 end
local steady = not counts and maxDelay == 0

local function passes(at)
  local p, c, remain = previous, current, start + window - at
  if remain < 0 then
    remain = remain + window
    p = remain >= 0 and c or 0
    c = 0
    if remain < 0 then remain = 0 end
  end
  if steady and c == 0 and p <= 1 then return p < requests end
  return p * remain < (requests - c) * window
end

local function soonest()
  local finish = start + window
  if current < requests then
    local at = from
    if previous > 0 then at = math.max(from, finish - below((requests - current) * window / previous)) end
    if at <= finish then return at end
  end
  if steady and current <= 1 then
    return math.max(from, current >= requests and finish + window + 1 or finish)
  end
  return math.max(from, finish + window - math.min(window, below(requests * window / current)))
end

local function count(at)
  local age = at - start
  if age >= window then
    if age < 2 * window then
      previous, start = current, start + window
    else
      previous, start = 0, at
    end
    current = 0
  end
  current = current + 1
  redis.call('HSET', KEYS[1], 's', text(start), 'p', text(previous), 'c', text(current), 'l', text(at))
  redis.call('PEXPIRE', KEYS[1], text(start + 2 * window - now + 1))
end

local pass = passes(from)
local at = from
if not pass and maxDelay > 0 then at = soonest() end
local delay = at - now
if (delay == 0 and pass) or (delay > 0 and delay <= maxDelay) then
  count(at)
  local used = previous * (start + window - at) / window + current
  return {1, delay, math.max(0, math.ceil(requests - used)), 0}
end
if counts then count(from) end
return {0, 0, 0, soonest() - now}
`;

/** Undoes a take that allowed. `KEYS[1]` the state, `ARGV` algorithm and windowMs. */
export const GIVE_BACK_SCRIPT = `
local function less(field, amount)
  local value = tonumber(redis.call('HGET', KEYS[1], field) or nil)
  if value == nil or value < amount then return false end
  redis.call('HSET', KEYS[1], field, string.format('%.0f', value - amount))
  return true
end
if ARGV[1] == 'gcra' then less('a', tonumber(ARGV[2])) return 1 end
if not less('c', 1) then less('p', 1) end
return 1
`;
