// From the builders' settings to those of the engine.
#pragma once

#include "ingress/http_front.hpp"
#include "mux/settings.hpp"
#include "settings.hpp"
#include "tunnel/token.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

mux::Settings mux_settings(mux::Role role, const Timing& timing);

/// The settings' check has found them good, and the token.
ingress::HttpFrontSettings http_front_settings(const HttpServerSettings& settings);
tunnel::HttpBounds http_bounds(const HttpServerSettings& settings);
tunnel::Token engine_token(const Secret& secret);

/// Random, so that the server tells a client that reconnects from another one with the same token.
wire::InstanceId new_instance(Random& random);

}  // namespace ferrotunnel::detail
