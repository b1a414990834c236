-- Stores the verdicts that this worker may reuse. The plugin server decides which verdicts the worker may reuse, and for how
-- long: see docs/adr/0041-verdicts-in-the-guard.md. Entries are not signed, because inside one Lua VM any code can
-- change everything, including the code that would check a signature.
local cjson = require "cjson"

-- The guard reuses a verdict only if the plugin server has confirmed the verdict's generation within the last LEASE seconds. So
-- if the plugin server died, was stopped or was replaced, no verdict is reused for longer than LEASE.
local LEASE = 1
-- The verdicts are in two halves: when the newer half is full, the older half is dropped. One half has these limits:
local MAX_ENTRIES = 10000
local MAX_BYTES = 12 * 1024 * 1024
-- The size in bytes of an entry with a few headers. The strings of the entry are not included. The size was measured
-- with collectgarbage.
local BYTES_PER_ENTRY = 600
-- At most this many hit counts are sent in one message to the plugin server.
local MAX_REPORTED = 200

local Verdicts = {}

local newer, older = {}, {}
local count, bytes = 0, 0

-- The generation of all entries has two parts: the id of the plugin server's process, and the number of times that its
-- policies and keys have changed.
local process, serial = nil, 0
-- The start time of the last call that the plugin server answered in this generation.
local confirmed_at = -math.huge
-- For each of the plugin server's counters, how often its verdicts were reused since the last report. The index is the
-- counter's number. All counts belong to the plugin server's current process.
local hits = {}
-- For each configuration of the plugin, the table has the facts that can change the verdict.
local counted = setmetatable({}, { __mode = "k" })
-- Sets of headers to remove. The key of each set is the text that lists its headers. There are few sets, because most
-- requests have few headers.
local cleared, cleared_count = {}, 0
local MAX_CLEARED = 1000

local function drop_all()
  newer, older, count, bytes = {}, {}, 0, 0
  counted = setmetatable({}, { __mode = "k" })
  cleared, cleared_count = {}, 0
end

-- Records that the plugin server has answered a call that began at `asked_at`. Returns false if the answer belongs to an earlier
-- generation.
local function confirm(generation, asked_at)
  local of_process, text = generation:match("^(%x+)%.(%d+)$")
  local of_serial = tonumber(text)
  if not of_serial or of_process == process and of_serial < serial then
    return false
  end
  if of_process ~= process or of_serial > serial then
    if of_process ~= process then
      hits = {}
    end
    drop_all()
    process, serial, confirmed_at = of_process, of_serial, asked_at
  elseif asked_at > confirmed_at or ngx.now() < confirmed_at then
    -- If `confirmed_at` is in the future, the clock was set back.
    confirmed_at = asked_at
  end
  return true
end

local function find_cleared(text)
  local names = cleared[text]
  if not names then
    if cleared_count == MAX_CLEARED then
      cleared, cleared_count = {}, 0
    end
    names = {}
    for name in text:gmatch("%S+") do
      names[name] = true
    end
    cleared[text], cleared_count = names, cleared_count + 1
  end
  return names
end

local function size_of(key, entry)
  local size = #key + BYTES_PER_ENTRY + #(entry.query or "")
  for name, value in pairs(entry.set) do
    for _, text in ipairs(type(value) == "table" and value or { value }) do
      size = size + #name + #text
    end
  end
  return size
end

local function store(key, entry)
  local size = size_of(key, entry)
  if count >= MAX_ENTRIES or bytes + size > MAX_BYTES then
    newer, older, count, bytes = {}, newer, 0, 0
  end
  if not newer[key] then
    count, bytes = count + 1, bytes + size
  end
  newer[key] = entry
end

-- Returns the facts that can change a verdict under this configuration; nil if the plugin server has not yet named
-- these facts in this generation.
function Verdicts.facts_of(conf)
  return counted[conf]
end

-- Returns the verdict for exactly these facts, if the guard may reuse it now.
function Verdicts.recall(key)
  local entry = newer[key]
  if not entry then
    entry = older[key]
    if not entry then
      return nil
    end
    store(key, entry)
  end
  local now = ngx.now()
  local age = now - confirmed_at
  local now_ms = now * 1000
  if age < 0 or age > LEASE or now_ms <= entry.after or now_ms >= entry.before then
    return nil
  end
  hits[entry.tally] = (hits[entry.tally] or 0) + 1
  return entry
end

-- Parses the text of a verdict that the guard is allowed to reuse.
function Verdicts.decode(encoded)
  local entry = cjson.decode(ngx.decode_base64(encoded))
  entry.clear = find_cleared(entry.clear)
  entry.id = nil -- The number only makes the text different from other texts.
  return entry
end

-- Remembers a verdict. `make_key` makes the request's key from the facts that can change the verdict.
function Verdicts.keep(conf, entry, asked_at, make_key)
  if not confirm(entry.generation, asked_at) then
    return
  end
  counted[conf] = entry.facts
  local key = make_key(entry.facts)
  if key then
    entry.facts, entry.generation = nil, nil
    store(key, entry)
  end
end

-- Removes the counts of reused verdicts, and returns them as text for the plugin server. The text has the form
-- `<process>:<count>=<hits>,…`. Returns nil if there are no counts.
function Verdicts.take_hits()
  if not next(hits) then
    return nil
  end
  local parts = {}
  for tally, number in pairs(hits) do
    if #parts == MAX_REPORTED then
      break
    end
    parts[#parts + 1] = string.format("%d=%d", tally, number)
    hits[tally] = nil
  end
  return process .. ":" .. table.concat(parts, ",")
end

-- Restores counts that did not reach the plugin server.
function Verdicts.return_hits(text)
  local of_process, list = (text or ""):match("^(%x+):(.*)$")
  if of_process == process and list then
    for tally, number in list:gmatch("(%d+)=(%d+)") do
      tally = tonumber(tally)
      hits[tally] = (hits[tally] or 0) + tonumber(number)
    end
  end
end

-- Used by tests and by the operator's log.
function Verdicts.describe()
  return { entries = count, bytes = bytes, process = process, serial = serial, cleared = cleared_count }
end

return Verdicts
