-- Replaces Kong around the guard, on an nginx with Lua. The stub has the parts of Kong's PDK that the guard uses. It
-- also has a jwt-policy whose plugin server is the test. The test sets the clock with each request.
local cjson = require "cjson"

local Stub = {}
local routes = {}

ngx.now = function()
  return tonumber(ngx.var.http_x_test_clock)
end

local function exit(status, body, headers)
  for name, value in pairs(headers or {}) do
    ngx.header[name] = value
  end
  ngx.status = status
  ngx.print(body)
  ngx.exit(status)
end

local function log(level)
  return function(...)
    ngx.log(level, ...)
  end
end

local shared = setmetatable({}, {
  __index = function(_, name)
    return (ngx.ctx.shared or {})[name]
  end,
  __newindex = function(_, name, value)
    ngx.ctx.shared = ngx.ctx.shared or {}
    ngx.ctx.shared[name] = value
  end,
})

-- Shows the attributes in headers of the answer.
local span = {}
function span:set_attribute(name, value)
  if ngx.var.http_x_test_tracing == "broken" then
    error("a defect")
  end
  ngx.header["x-span-" .. name:gsub("%W", "-")] = value ~= nil and tostring(value) or nil
end

_G.kong = {
  ctx = { shared = shared },
  tracing = {
    active_span = function()
      return ngx.var.http_x_test_tracing and span
    end,
  },
  log = { err = log(ngx.ERR), warn = log(ngx.WARN), crit = log(ngx.CRIT), notice = log(ngx.NOTICE) },
  response = { exit = exit },
  router = {
    get_route = function()
      return ngx.ctx.route
    end,
  },
  service = {
    request = {
      set_headers = function(headers)
        for name, value in pairs(headers) do
          ngx.req.set_header(name, value)
        end
      end,
      set_raw_query = function(query)
        ngx.req.set_uri_args(query)
      end,
    },
  },
}

local PDK = {
  ["kong.service.request.set_headers"] = kong.service.request.set_headers,
  ["kong.service.request.set_raw_query"] = kong.service.request.set_raw_query,
  ["kong.response.exit"] = exit,
  ["kong.nginx.set_ctx"] = function(name, value)
    ngx.ctx[name] = value
  end,
  ["kong.ctx.shared.set"] = function(name, value)
    shared[name] = value
  end,
  ["kong.log.warn"] = kong.log.warn,
  ["kong.log.err"] = kong.log.err,
}

local plugin = { PRIORITY = 1450 }
local has_plugin = false

-- Kong's instances of a plugin server. The answer shows that the instances were forgotten.
package.preload["kong.runloop.plugin_servers.plugin"] = function()
  return {
    reset_instances_for_plugin = function(name)
      ngx.header["x-test-reset"] = name
    end,
  }
end

-- An answer of the plugin server in place of a verdict. The test sets this answer. Returns whether it judges the
-- request as well.
local function misbehave(how)
  local nonce = ngx.var.jwt_facts:match("(%S+)$")
  local answers = {
    ["other-instance"] = { "x-jwt-policy-verdict", "other-instance " .. nonce },
    ["other-request"] = { "x-jwt-policy-verdict", "other-instance x" .. nonce },
    ["other-verdict"] = { "x-jwt-policy-verdict", "verdict" },
    ["two-verdicts"] = { "x-jwt-policy-verdict", { "verdict", "verdict" } },
    ["other-spelling"] = { "x_jwt_policy_verdict", ngx.var.jwt_facts:match("[^\n]*$") },
  }
  local answer = answers[how]
  if not answer or ngx.ctx.has_misbehaved then
    return true
  end
  ngx.ctx.has_misbehaved = how == "other-instance"
  ngx.req.set_header(answer[1], answer[2])
  return false
end

-- Asks the test, and makes the calls in the test's answer. Without an answer, the stub makes no calls, like Kong's
-- client for the stock server.
function plugin:access(conf)
  if not misbehave(ngx.var.http_x_test_server) then
    return
  end
  local socket = ngx.socket.tcp()
  if not socket:connect("127.0.0.1", Stub.port) then
    return
  end
  socket:send(cjson.encode({ conf = conf, facts = ngx.var.jwt_facts, route = ngx.ctx.route }) .. "\n")
  local line = socket:receive("*l")
  socket:close()
  for _, call in ipairs(line and cjson.decode(line) or {}) do
    PDK[call.method](unpack(call.args, 1, 3))
  end
end

kong.db = { plugins = {
  get_handlers = function()
    return { has_plugin and { name = "jwt-policy", handler = plugin } or { name = "cors", handler = plugin } }
  end,
} }

local guard = require "kong.plugins.jwt-policy-guard.handler"
local verdicts = require "kong.plugins.jwt-policy-guard.verdicts"

function Stub.init_worker(port, text)
  Stub.port = port
  routes = cjson.decode(text)
  for _, route in pairs(routes) do
    route.conf = route.conf or route.twin and routes[route.twin].conf
    has_plugin = has_plugin or route.conf ~= nil
  end
  guard:init_worker()
end

-- The stub sends the caller that other plugins would see to the upstream, where the test can read it.
function Stub.access()
  local route = routes[ngx.var.uri:match("^/([^/]*)")]
  ngx.ctx.route = route
  ngx.ctx.authenticated_consumer = { id = "earlier" }
  if route.conf then
    plugin:access(route.conf)
  end
  guard:access()
  local credential = ngx.ctx.authenticated_credential
  ngx.req.set_header("x-test-credential", credential and credential.id or "none")
  ngx.req.set_header("x-test-consumer", ngx.ctx.authenticated_consumer and "earlier" or "none")
  local groups = shared.authenticated_groups
  ngx.req.set_header("x-test-groups", groups and table.concat(groups, "+") or "none")
end

-- A verdict in the form of plugin/kong/calls/verdict.ts. Its end differs from the ends of other verdicts.
local RECIPE = [[{"generation":"%s","after":0,"before":1e15,"tally":0,"facts":{"target":false,"transport":false,"route":false,]]
  .. [["headers":["authorization"]},"clear":"x_user_id x_client_id x_scope","set":{"x-user-id":"user-%d","x-client-id":"app",]]
  .. [["x-scope":"things:read things:write"},"id":"%016x"}]]

-- Stores verdicts for `count` different tokens, with numbers from `after` + 1. Then reuses the first verdict. With
-- `peak`, the function also measures the memory that the verdicts need.
function Stub.fill()
  local args = ngx.req.get_uri_args()
  local function measure()
    collectgarbage()
    collectgarbage()
    return collectgarbage("count")
  end
  local before = args.peak and measure()
  local peak = 0
  local after = tonumber(args.after or 0)
  local function key_of(index)
    return "plugin\nGET\n\n\n\n" .. ("x"):rep(tonumber(args.length)) .. index
  end
  for index = after + 1, after + tonumber(args.count) do
    local recipe = RECIPE:format(args.generation or "f.1", index, index)
    local entry = verdicts.decode(ngx.encode_base64(recipe))
    verdicts.keep(routes.read.conf, entry, ngx.now(), function()
      return key_of(index)
    end)
    if args.peak and index % 2000 == 0 then
      peak = math.max(peak, measure() - before)
    end
  end
  verdicts.recall(key_of(after + 1))
  local described = verdicts.describe()
  described.peak_kb = peak
  ngx.say(cjson.encode(described))
end

-- Reuses many verdicts of different counters and with different headers to remove. Says how many counters are in each report, and
-- how many sets of headers are remembered.
function Stub.report()
  local facts = { target = false, transport = false, route = false, headers = { "authorization" } }
  for index = 1, tonumber(ngx.req.get_uri_args().count) do
    local entry = verdicts.decode(ngx.encode_base64(cjson.encode({
      generation = "e.1", after = 0, before = 1e15, tally = index, facts = facts, clear = "x-" .. index, set = {},
    })))
    verdicts.keep(routes.read.conf, entry, ngx.now(), function()
      return "report " .. index
    end)
    verdicts.recall("report " .. index)
  end
  local sizes = {}
  for text in verdicts.take_hits do
    local _, size = text:gsub("=", "")
    sizes[#sizes + 1] = size
  end
  ngx.say(cjson.encode({ counters = sizes, cleared = verdicts.describe().cleared }))
end

return Stub
