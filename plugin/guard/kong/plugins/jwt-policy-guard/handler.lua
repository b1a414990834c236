-- If jwt-policy judges a request, the guard lets the request reach an upstream only with a verdict about exactly this
-- request. So no request passes unjudged if the plugin server dies, hangs or throws. If KONG_PLUGINS names the guard,
-- the guard checks every request for which jwt-policy runs. If the guard is also configured as a plugin, the guard
-- refuses requests for which jwt-policy does not run (default deny).
local cjson = require "cjson"
local facts = require "kong.plugins.jwt-policy-guard.facts"
local trace = require "kong.plugins.jwt-policy-guard.trace"
local verdicts = require "kong.plugins.jwt-policy-guard.verdicts"

local VERDICT = "x-jwt-policy-verdict"
local FACTS = "jwt_facts"
local PLUGIN = "jwt-policy"
local PUBLIC_TAG = "jwt-policy-public"

-- The key in ngx.ctx is a table, because no other plugin can use the same table as a key. Code that talks to the plugin
-- socket can write every string key of ngx.ctx.
local PASSED = {}

local BODY = '{"message":"The request cannot be checked at the moment"}\n'
local HEADERS = { ["Content-Type"] = "application/json; charset=utf-8", ["Cache-Control"] = "no-store" }

local is_wrapped = false

local Guard = {
  -- The guard runs directly after jwt-policy.
  PRIORITY = 1449,
  VERSION = "0.1.0",
}

-- Ends the request with status 503, and never returns.
local function refuse(why)
  kong.log.err("jwt-policy-guard refused the request: ", why)
  kong.response.exit(503, BODY, HEADERS)
  error("jwt-policy-guard: kong.response.exit returned, but it must end the request")
end

-- Removes the verdict's header, and returns its value. The name must match exactly, but Kong's own look-up would also
-- accept x_jwt_policy_verdict. The function reads all headers without a limit, because the verdict's header comes last.
-- nginx already limits the number of headers. Returns a list if there are several such headers.
local function take_verdict()
  local verdict = rawget(ngx.req.get_headers(0), VERDICT)
  ngx.req.clear_header(VERDICT)
  return verdict
end

-- When the stock plugin server starts again, its instance ids start at 0, but Kong still uses the ids of the old process.
local function forget_instances()
  local has_forgotten, why = pcall(function()
    require("kong.runloop.plugin_servers.plugin").reset_instances_for_plugin(PLUGIN)
  end)
  if not has_forgotten then
    kong.log.err("jwt-policy-guard cannot make Kong start plugin instances anew: ", why)
  end
end

-- Sends the client the plugin's own answer from the verdict's header, for example a refusal. If the plugin sent the
-- answer itself, Kong would close the connection to the plugin server. The function `pass_on` never returns.
local function pass_on(encoded, conf)
  local answer = cjson.decode(ngx.decode_base64(encoded))
  local line = answer.line
  if line then
    kong.log[answer.level](line)
  end
  trace.note(conf, line and "deny" or "answer", nil, line)
  kong.response.exit(answer.status, answer.body, answer.headers)
  error("jwt-policy-guard: kong.response.exit returned, but it must end the request")
end

-- Applies the changes of a verdict to the request. The first use and every reuse of the verdict make the same changes.
-- Tables that other plugins can change are created anew for each request.
local function apply(verdict, sent)
  for name in pairs(sent) do
    if verdict.clear[name] then
      ngx.req.clear_header(name)
    end
  end
  if next(verdict.set) then
    kong.service.request.set_headers(verdict.set)
  end
  if verdict.query then
    kong.service.request.set_raw_query(verdict.query)
  end
  local caller = verdict.caller
  if caller then
    local groups = caller.groups and {}
    for index, group in ipairs(caller.groups or {}) do
      groups[index] = group
    end
    ngx.ctx.authenticated_consumer = nil
    ngx.ctx.authenticated_credential = caller.credential and { id = caller.credential }
    kong.ctx.shared.authenticated_groups = groups
  end
  ngx.ctx[PASSED] = true
end

-- Reuses an earlier verdict about the same facts, if the earlier verdict let the request pass. Returns whether a
-- verdict was reused.
local function reuse(request, conf)
  local counted = verdicts.facts_of(conf)
  local key = counted and facts.narrow(request, conf, counted)
  local verdict = key and verdicts.recall(key)
  if not verdict then
    return false
  end
  if rawget(request.sent, VERDICT) then
    ngx.req.clear_header(VERDICT)
  end
  apply(verdict, request.sent)
  trace.note(conf, "allow", true)
  return true
end

-- Runs jwt-policy for one request. Returns only if the plugin server gave a positive verdict about this request.
local function judge(access, handler, conf)
  local variable = ngx.var[FACTS]
  if not variable then
    return refuse("the nginx variable $jwt_facts is not set; use the settings that `kong-jwt-policy kong env --guard` prints")
  end
  local request = facts.read(variable)
  if reuse(request, conf) then
    return
  end
  local asked_at = ngx.now()
  -- No client can know the id of its request at this time, so the id serves as the nonce. The plugin's id and `__seq__`
  -- together identify one version of one plugin's configuration. The nonce comes last; the comment of facts.narrow
  -- gives the reason.
  local nonce = ngx.var.kong_request_id
  local due = conf.__plugin_id .. " " .. string.format("%d", conf.__seq__) .. " " .. nonce
  local hits = verdicts.take_hits()
  ngx.var[FACTS] = facts.render(request, " reuses " .. (hits and hits .. " " or "") .. "clients", due)
  ngx.req.clear_header(VERDICT)

  access(handler, conf)
  local verdict = take_verdict()
  if verdict == "other-instance " .. nonce then
    -- The plugin server did not judge the request, because Kong asked the instance of another configuration.
    forget_instances()
    access(handler, conf)
    verdict = take_verdict()
  end
  local is_text = type(verdict) == "string"
  local answer = is_text and verdict:match("^answered (%S+) " .. nonce .. "$")
  local reusable, rest
  if is_text then
    reusable, rest = verdict:match("^reusable (%S+) (.*)$")
  end
  if verdict == due then
    ngx.ctx[PASSED] = true
    trace.note(conf, "allow", false)
  elseif reusable and rest == due then
    local decoded = verdicts.decode(reusable)
    apply(decoded, request.sent)
    trace.note(conf, "allow", false)
    verdicts.keep(conf, decoded, asked_at, function(counted)
      return facts.narrow(request, conf, counted)
    end)
  elseif answer then
    return pass_on(answer, conf)
  elseif verdict == nil then
    verdicts.return_hits(hits)
    return refuse("jwt-policy gave no verdict")
  else
    verdicts.return_hits(hits)
    forget_instances()
    return refuse("jwt-policy gave a verdict that is not for this request and configuration")
  end
end

-- For every request, Kong looks up `access` in the handler's table. So Kong calls the guard's function.
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
  kong.log.crit("jwt-policy-guard found no jwt-policy to check, so each Route or Service with jwt-policy-guard refuses every request")
end

local function is_public(route)
  for _, tag in ipairs(route and route.tags or {}) do
    if tag == PUBLIC_TAG then
      return true
    end
  end
  return false
end

-- Refuses a request for which jwt-policy does not run (default deny).
function Guard:access()
  ngx.req.clear_header(VERDICT)
  if not is_wrapped then
    return refuse("jwt-policy is not loaded, or jwt-policy-guard cannot check it")
  end
  if not ngx.ctx[PASSED] and not is_public(kong.router.get_route()) then
    return refuse("no jwt-policy is configured for this Kong Route, and the Route has no tag " .. PUBLIC_TAG)
  end
end

return Guard
