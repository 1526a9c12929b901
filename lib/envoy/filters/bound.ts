import type { Template } from '../../plan/refs.js';
import { BOUND_KEY, BOUND_NAMESPACE, JWT_NAMESPACE } from '../../policy/compile/envoy/index.js';
import { FILTERS } from '../filter-order.js';
import { extension } from '../types.js';

/**
 * RBAC and CEL know the certificate's digest only in hex, the token's `cnf` has it in base64url:
 * these lines compare the two for every issuer's payload and leave a boolean for the rules.
 */
const SCRIPT = `
function envoy_on_request(handle)
  local tls = handle:streamInfo():downstreamSslConnection()
  if tls == nil then return end
  local hex = tls:sha256PeerCertificateDigest()
  if hex == nil or #hex ~= 64 then return end
  local bytes = hex:gsub("%x%x", function(pair) return string.char(tonumber(pair, 16)) end)
  local digest = handle:base64Escape(bytes):gsub("+", "-"):gsub("/", "_"):gsub("=", "")
  local payloads = handle:streamInfo():dynamicMetadata():get("${JWT_NAMESPACE}")
  if payloads == nil then return end
  for key, payload in pairs(payloads) do
    -- Beside each issuer's claims lies its token's header, which binds nothing.
    local cnf = key:sub(-7) ~= "#header" and type(payload) == "table" and payload["cnf"]
    if type(cnf) == "table" and cnf["x5t#S256"] == digest then
      handle:streamInfo():dynamicMetadata():set("${BOUND_NAMESPACE}", "${BOUND_KEY}", true)
    end
  end
end
`;

/** Off but on routes with a rule that wants a certificate-bound token. */
export function boundFilter(): Template {
  return {
    name: FILTERS.bound,
    disabled: true,
    typed_config: {
      '@type': extension('filters.http.lua.v3.Lua'),
      default_source_code: { inline_string: SCRIPT },
    },
  };
}

/** Switches the filter on for a route. */
export function boundPerRoute(): Template {
  return {
    '@type': 'type.googleapis.com/envoy.config.route.v3.FilterConfig',
    config: { '@type': extension('filters.http.lua.v3.LuaPerRoute') },
  };
}
