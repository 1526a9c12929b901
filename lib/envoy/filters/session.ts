import type { Template } from '../../plan/refs.js';
import { SESSION_COOKIE } from '../../policy/login.js';
import { FILTERS } from '../filter-order.js';
import { extension } from '../types.js';

/**
 * Takes the cookies of the session out of a request, whoever sent them: the login has made a token of them or has
 * not. It leaves tokens in clear text there (measured), and headers that say how it went.
 */
const SCRIPT = `
local own = "${SESSION_COOKIE}"
function envoy_on_request(handle)
  local headers = handle:headers()
  headers:remove("x-envoy-oauth-status")
  headers:remove("x-envoy-oauth-failure-reason")
  local lines = headers:getNumValues("cookie")
  if lines == 0 then return end
  local kept = {}
  for at = 0, lines - 1 do
    for pair in headers:getAtIndex("cookie", at):gmatch("[^;]+") do
      local cookie = pair:gsub("^%s+", "")
      if cookie:sub(1, #own) ~= own and cookie ~= "" then kept[#kept + 1] = cookie end
    end
  end
  headers:remove("cookie")
  if #kept > 0 then headers:add("cookie", table.concat(kept, "; ")) end
end
`;

/** Off but on the hosts of services with login. */
export function sessionFilter(): Template {
  return {
    name: FILTERS.session,
    disabled: true,
    typed_config: {
      '@type': extension('filters.http.lua.v3.Lua'),
      default_source_code: { inline_string: SCRIPT },
    },
  };
}

/** Switches the filter on for a service. */
export function sessionPerService(): Template {
  return {
    '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
    config: { '@type': extension('filters.http.lua.v3.LuaPerRoute') },
  };
}
