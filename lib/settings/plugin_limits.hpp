// Limits of waits for plugins: keys of server.plugins in addition to the sections `load` and `chain`.
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
      .help = "How long one plugin may delay its decisions in one phase of an exchange; after that it has failed."},
     &PluginLimits::wait_timeout},
    {{.key = "waiting",
      .form = Form::number,
      .min = 1,
      .max = limits::plugin_waiting_settable_max,
      .help =
          "Maximum number of exchanges per thread that wait for decisions of plugins. One plugin may use half of "
          "them, and one token three times as many as are free. Beyond that, the plugin has failed. The same applies "
          "to TCP visitors, logins and registrations."},
     &PluginLimits::waiting},
    {{.key = "collected",
      .form = Form::size,
      .min = limits::plugin_collect_default,
      .max = limits::plugin_collected_settable_max,
      .help = "Memory of each thread for bodies that plugins read as a whole. Beyond it, a request gets 503; for a "
              "response, the plugin has failed."},
     &PluginLimits::collected},
};

}  // namespace ferrotunnel::detail
