// Converts the builders' settings into those of the engine.
#pragma once

#include <memory>

#include "ingress/http_front.hpp"
#include "inspect/inspector.hpp"
#include "login/token.hpp"
#include "mux/settings.hpp"
#include "settings/settings.hpp"
#include "wire/control.hpp"

namespace ferrotunnel::detail {

/// Memory limit for visitors' bytes: the setting, or a share of the machine's memory.
std::uint64_t memory_of(const CommonValues& settings);

/// Null if nothing is to be recorded.
std::shared_ptr<inspect::Inspector> inspector_of(const ClientValues& settings);

mux::Settings mux_settings(mux::Role role, const CommonValues& common);

/// The settings, including the token, have been checked.
ingress::HttpFrontRules http_front_rules(const HttpServerSettings& settings);
directory::HttpBounds http_bounds(const HttpServerSettings& settings);
net::IpNetworks proxies_of(const ServerValues& settings);
login::Token engine_token(const Secret& secret);

/// A random id, by which the server distinguishes a reconnecting client from another one with the same token.
wire::InstanceId new_instance(Random& random);

}  // namespace ferrotunnel::detail
