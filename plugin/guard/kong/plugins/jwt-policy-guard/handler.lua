-- The guard: a request that jwt-policy judges reaches an upstream only with a verdict about exactly this request, whatever
-- happens to the plugin server. If KONG_PLUGINS loads the guard, it checks every request for which jwt-policy runs. If it is
-- configured as a plugin, it also refuses requests for which jwt-policy does not run (default deny).
local cjson = require "cjson"

local VERDICT = "x-jwt-policy-verdict"
local FACTS = "jwt_facts"
local PLUGIN = "jwt-policy"
local KNOWN_TO_NGINX = { ["user-agent"] = true, ["x-forwarded-for"] = true }
local PUBLIC_TAG = "jwt-policy-public"

-- The key is a table, so that no other plugin can use it. Through the plugin socket, every text key of ngx.ctx can be written.
local PASSED = {}

local BODY = '{"message":"The request cannot be checked at the moment"}\n'
local HEADERS = { ["Content-Type"] = "application/json; charset=utf-8", ["Cache-Control"] = "no-store" }

local is_wrapped = false

local Guard = {
  -- Directly below jwt-policy.
  PRIORITY = 1449,
  VERSION = "0.1.0",
}

-- Ends the request; never returns.
local function refuse(why)
  kong.log.err("jwt-policy-guard refused the request: ", why)
  kong.response.exit(503, BODY, HEADERS)
  error("jwt-policy-guard: the exit returned")
end

-- Removes and returns the header with exactly this name, because Kong's own look-up also accepts x_jwt_policy_verdict. Reads
-- all headers, because a verdict comes last; nginx limits their number. Returns a list if there are several.
local function take_verdict()
  local verdict = rawget(ngx.req.get_headers(0), VERDICT)
  ngx.req.clear_header(VERDICT)
  return verdict
end

-- After a respawn of the stock plugin server, ids start at 0 again, but Kong keeps using the ids of the old process.
local function forget_instances()
  local has_forgotten, why = pcall(function()
    require("kong.runloop.plugin_servers.plugin").reset_instances_for_plugin(PLUGIN)
  end)
  if not has_forgotten then
    kong.log.err("jwt-policy-guard cannot make Kong start plugin instances anew: ", why)
  end
end

-- Appends one value, a list of values, or nothing.
local function append(list, values)
  for _, value in ipairs(type(values) == "table" and values or { values }) do
    list[#list + 1] = value
  end
end

-- The names in the first line of the facts, and their spellings with "_". The line is configuration and stays the same.
local known_head, names, spellings

local function read_head(head)
  if head == known_head then
    return
  end
  names, spellings = {}, {}
  for name in head:sub(3):gmatch("%S+") do
    names[#names + 1] = name
    local spelled = { "" }
    for character in name:gmatch(".") do
      for index = 1, #spelled do
        local start = spelled[index]
        spelled[index] = start .. character
        if character == "-" then
          spelled[#spelled + 1] = start .. "_"
        end
      end
    end
    -- nginx itself reads two fields, and its variables accept no other spelling of these.
    for index = KNOWN_TO_NGINX[name] and #spelled + 1 or 2, #spelled do
      spellings[spelled[index]] = name
    end
  end
  known_head = head
end

-- Headers by names with "-" instead of every "_". nginx's variables treat both as the same name, and the plugin must judge the
-- same text. The order in which the spellings came is unknown here, so they are sorted to give one text for one request. Only the
-- relevant headers are touched, because a client can send thousands.
local function merge_spellings(headers)
  local found
  for name in pairs(headers) do
    if spellings[name] then
      found = found or {}
      found[#found + 1] = name
    end
  end
  if not found then
    return headers
  end
  table.sort(found)
  local merged = setmetatable({}, { __index = headers })
  for _, name in ipairs(found) do
    local dashed = spellings[name]
    if not rawget(merged, dashed) then
      merged[dashed] = {}
      append(merged[dashed], rawget(headers, dashed))
    end
    append(merged[dashed], headers[name])
  end
  return merged
end

-- Joins all values of a header into one text, empty without values.
local function join(values, separator)
  return type(values) == "table" and table.concat(values, separator) or values or ""
end

-- The facts in the form of the variable (plugin/kong/facts/facts-variable.ts). They are read now, so that changes by earlier plugins
-- count. The first line, which is configuration, names the headers. The field after the headers shows the plugin that it is
-- guarded. A client cannot send that field, because none of these values can contain a line feed. Bytes beyond ASCII become a
-- byte that no check accepts, because the stock server's decoder turns some of them into line feeds and letters.
local function read_facts()
  local var = ngx.var
  local head = var[FACTS]:match("^[^\n]*")
  read_head(head)
  local headers = merge_spellings(ngx.req.get_headers(0))
  local lines = { head, var.request, var.scheme .. " " .. var.realip_remote_addr .. " " .. var.remote_addr }
  for _, name in ipairs(names) do
    lines[#lines + 1] = join(headers[name], name == "cookie" and "; " or ", ")
  end
  local facts = table.concat(lines, "\n")
  return ngx.re.find(facts, "[\\x80-\\xff]", "jo") and facts:gsub("[\128-\255]", "\127") or facts
end

-- Sends a refusal, or the plugin's own answer, that came in the header instead of ending the connection to the plugin server.
-- Never returns.
local function pass_on(encoded)
  local answer = cjson.decode(ngx.decode_base64(encoded))
  if answer.line then
    kong.log[answer.level](answer.line)
  end
  kong.response.exit(answer.status, answer.body, answer.headers)
  error("jwt-policy-guard: the exit returned")
end

-- Runs jwt-policy for one request. Returns only if its verdict is the expected one.
local function judge(access, handler, conf)
  if not ngx.var[FACTS] then
    return refuse("the nginx variable $jwt_facts is not set; use the settings that `kong-jwt-policy kong env --guard` prints")
  end
  -- No client knows the request's id yet. Plugin id and sequence identify one version of one plugin's configuration. The part
  -- that differs always comes last: LuaJIT hashes long strings by only a few positions, including the end, and would compare
  -- thousands of strings that differ in the middle byte by byte.
  local nonce = ngx.var.kong_request_id
  local due = conf.__plugin_id .. " " .. string.format("%d", conf.__seq__) .. " " .. nonce
  ngx.var[FACTS] = read_facts() .. "\n" .. due
  ngx.req.clear_header(VERDICT)

  access(handler, conf)
  local verdict = take_verdict()
  if verdict == "other-instance " .. nonce then
    -- The request was not judged, because Kong asked an instance of another configuration.
    forget_instances()
    access(handler, conf)
    verdict = take_verdict()
  end
  local answer = type(verdict) == "string" and verdict:match("^answered (%S+) " .. nonce .. "$")
  if verdict == due then
    ngx.ctx[PASSED] = true
  elseif answer then
    return pass_on(answer)
  elseif verdict == nil then
    return refuse("jwt-policy gave no verdict")
  else
    forget_instances()
    return refuse("jwt-policy gave a verdict that is not for this request and configuration")
  end
end

-- Kong looks up the function in this table for every request.
local function wrap(handler)
  local access = handler.access
  handler.access = function(self, conf)
    return judge(access, self, conf)
  end
  is_wrapped = true
end

function Guard:init_worker()
  for _, plugin in ipairs(assert(kong.db.plugins:get_handlers())) do
    if plugin.name == PLUGIN and type(plugin.handler.access) == "function" then
      return wrap(plugin.handler)
    end
  end
  kong.log.crit("jwt-policy-guard found no jwt-policy to check; where it is configured, it refuses every request")
end

local function is_public(route)
  for _, tag in ipairs(route and route.tags or {}) do
    if tag == PUBLIC_TAG then
      return true
    end
  end
  return false
end

-- Default deny.
function Guard:access()
  ngx.req.clear_header(VERDICT)
  if not is_wrapped then
    return refuse("jwt-policy is not loaded, or not in a way that can be checked")
  end
  if not ngx.ctx[PASSED] and not is_public(kong.router.get_route()) then
    return refuse("no jwt-policy is configured for this Kong Route, and it has no tag " .. PUBLIC_TAG)
  end
end

return Guard
