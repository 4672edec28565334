// The bounds of what waits for plugins: keys of server.plugins beside `load` and `chain`, which are sections.
#pragma once

#include <chrono>
#include <cstdint>

#include "ferrotunnel/plugin_limits.hpp"
#include "plugin/limits.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

inline constexpr Setting<PluginLimits> plugin_limit_settings[] = {
    {{.key = "wait_timeout",
      .form = Form::time,
      .min = 1,
      .max = static_cast<std::uint64_t>(std::chrono::milliseconds(limits::plugin_wait_settable_max).count()),
      .help = "How long one plugin may owe decisions in one phase of an exchange: then it has failed."},
     &PluginLimits::wait_timeout},
    {{.key = "waiting",
      .form = Form::number,
      .min = 1,
      .max = limits::plugin_waiting_settable_max,
      .help = "How many exchanges of each thread may wait for decisions of plugins, half of them for one plugin: a new "
              "one beyond that is a failure of its plugin. The same for visitors of TCP, logins and registrations."},
     &PluginLimits::waiting},
    {{.key = "collected",
      .form = Form::size,
      .min = limits::plugin_collect_default,
      .max = limits::plugin_collected_settable_max,
      .help = "What each thread may keep of bodies that plugins read as a whole. Beyond it a request is answered with "
              "503, and for an answer the plugin has failed."},
     &PluginLimits::collected},
};

}  // namespace ferrotunnel::detail
