// The plugins of a server's chain, set by an application or a file: their keys, their reader and their check, and
// conversion to the engine's form.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "config/checked_value.hpp"
#include "ferrotunnel/error.hpp"
#include "ferrotunnel/plugin_limits.hpp"
#include "ferrotunnel/plugin_use.hpp"
#include "plugin/instance.hpp"
#include "plugin/limits.hpp"
#include "plugin/prepared.hpp"
#include "settings/setting.hpp"

namespace ferrotunnel::detail {

struct ConfigReading;
class SectionReader;
struct ServerValues;

/// One plugin of the chain. Settings from a file were validated by the schema when the file was read.
struct PluginSpec {
    PluginUse use;
    std::optional<config::CheckedValue> settings;  // from a file, instead of use.settings

    friend bool operator==(const PluginSpec&, const PluginSpec&) = default;
};

struct PreparedPlugin {
    plugin::Prepared prepared;
    plugin::InstanceOptions options;
};

/// A row for each limit of waits for plugins: keys of server.plugins in addition to the sections `load` and `chain`.
inline constexpr Setting<PluginLimits> plugin_limit_settings[] = {
    {{.key = "wait_timeout",
      .form = Form::time,
      .min = 1,
      .max = static_cast<std::uint64_t>(std::chrono::milliseconds(limits::plugin_wait_settable_max).count()),
      .help = "How long one plugin may delay its decisions in one phase of an exchange; after that the plugin fails."},
     &PluginLimits::wait_timeout},
    {{.key = "waiting",
      .form = Form::number,
      .min = 1,
      .max = limits::plugin_waiting_settable_max,
      .help = "Maximum number of exchanges per thread that wait for decisions of plugins. One plugin may use half of "
              "them, and one token three times as many as are free. Beyond that, the plugin fails. The same applies "
              "to TCP visitors, logins and registrations."},
     &PluginLimits::waiting},
    {{.key = "collected",
      .form = Form::size,
      .min = limits::plugin_collect_default,
      .max = limits::plugin_collected_settable_max,
      .help = "Memory of each thread for bodies that plugins read as a whole. Beyond it, a request gets 503; for a "
              "response, the plugin fails."},
     &PluginLimits::collected},
};

std::span<const SettingFacts> plugin_section_keys() noexcept;  // those that no row of PluginLimits declares
std::span<const SettingFacts> plugin_keys() noexcept;          // of one plugin, in addition to the key that names it

/// Reads the plugins of a server, and loads their libraries.
void read_plugins(SectionReader& reader, ServerValues& settings, ConfigReading& reading);

/// Whether one of the plugins looks up tokens of clients.
bool any_looks_up_tokens(const std::vector<PreparedPlugin>& plugins) noexcept;

/// Prepares the plugins in their order; those with a problem are left out. A problem's key is like "plugins[1].rate".
std::vector<PreparedPlugin> prepare_plugins(const std::vector<PluginSpec>& specs, std::vector<Problem>& problems);

/// The types that clients may request by default: guards that restrict a service, read no files, and cost little.
std::vector<ClientPlugin> usual_client_plugins();

/// Reports types that clients cannot request, and a chain of `plugins` that leaves no room for the plugins of clients.
void check_client_plugins(const std::vector<ClientPlugin>& types, std::size_t plugins, std::vector<Problem>& problems);

/// Reads the text of a secret's file.
Result<std::string, config::FileError> read_secret_file(const std::string& path);

/// What is wrong with the name of an instance; nullopt if it is valid.
std::optional<std::string> plugin_id_fault(const std::string& id);

}  // namespace ferrotunnel::detail
