// The settings of `hooks`, beyond the checks of its schema.
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
