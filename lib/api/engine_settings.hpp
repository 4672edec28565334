// Turns the builders' settings into those of the engine.
#pragma once

#include <memory>

#include "ingress/http_front.hpp"
#include "inspect/inspector.hpp"
#include "login/token.hpp"
#include "mux/settings.hpp"
#include "settings/settings.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

/// How much memory visitors' bytes may take in all: what was set, or a share of what the machine has.
std::uint64_t memory_of(const CommonValues& settings);

/// Null: nothing is to be recorded.
std::shared_ptr<inspect::Inspector> inspector_of(const ClientValues& settings);

mux::Settings mux_settings(mux::Role role, const CommonValues& common);

/// The settings' check has already found the settings good, and the token.
ingress::HttpFrontRules http_front_rules(const HttpServerSettings& settings);
directory::HttpBounds http_bounds(const HttpServerSettings& settings);
net::IpNetworks proxies_of(const ServerValues& settings);
login::Token engine_token(const Secret& secret);

/// A random id, by which the server tells a client that reconnects from another one with the same token.
wire::InstanceId new_instance(Random& random);

}  // namespace ferrotunnel::detail
