// The settings of `hooks`, beside those that its schema has checked.
#pragma once

#include "ferrotunnel/plugin.hpp"
#include "hooks/endpoint.hpp"
#include "hooks/event.hpp"

namespace ferrotunnel::plugins {

/// Reports every value that cannot be used, with its place.
void check_hooks(const plugin::Settings& settings);
Endpoint::Options endpoint_options(const plugin::Settings& settings);
bool names_event(const plugin::Settings& settings, Event event);

}  // namespace ferrotunnel::plugins
