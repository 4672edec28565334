// From the builders' settings to those of the engine.
#pragma once

#include "ingress/http_front.hpp"
#include "login/token.hpp"
#include "mux/settings.hpp"
#include "settings/settings.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

/// How much visitors' bytes may take in all: as is set, or a share of what the machine has.
std::uint64_t memory_of(const CommonValues& settings);

mux::Settings mux_settings(mux::Role role, const CommonValues& common);

/// The settings' check has found them good, and the token.
ingress::HttpFrontSettings http_front_settings(const HttpServerSettings& settings);
directory::HttpBounds http_bounds(const HttpServerSettings& settings);
login::Token engine_token(const Secret& secret);

/// Random, so that the server tells a client that reconnects from another one with the same token.
wire::InstanceId new_instance(Random& random);

}  // namespace ferrotunnel::detail
