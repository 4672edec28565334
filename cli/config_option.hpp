// The option --config, and the sources that settings come from.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "arguments.hpp"
#include "ferrotunnel/config.hpp"
#include "options.hpp"
#include "problems.hpp"

namespace ferrotunnel::cli {

/// The default file of `run`, `check` and `route`.
inline constexpr const char* default_config_file = "ferrotunnel.yml";

/// The sources of a part's settings. The command line overrides the environment, and the environment the file.
struct Sources {
    const Options& options;
    Arguments& arguments;
    /// The file, if there is one.
    const Config* config = nullptr;
    /// The part has no options besides the file: nobody is asked for a token, and messages do not mention options.
    bool file_alone = false;
    /// Both parts run in this process, so log lines name their side.
    bool both_sides = false;
    /// Whether to ask at the terminal and print hints: not in a reload.
    bool may_control = true;
};

OptionSection config_section();

/// Reads the file that --config names, and prints its warnings. Empty without the option. Every mistake is a problem,
/// and so is a missing `section`; but not a mistake in the other side's section, which may be meant for another
/// machine.
std::optional<Config> read_config_option(const Options& options, std::string_view section, Problems& problems);

/// The file of `run` and `check`: their operand, or the value of --config, which means the same. Giving both is a
/// problem.
std::string config_file_of(const Options& options, Problems& problems);

/// Reads a whole file and reports the problems of all sections.
Config read_config_file(const std::string& file, Problems& problems);

/// Reads a file again, without its warnings. `section`: the only one whose problems count; empty: both.
Config read_again(const std::string& file, std::string_view section, Problems& problems);

/// False with --no-watch: changes of the file are then applied only after SIGHUP.
bool is_watched(const Options& options, Problems& problems);
OptionInfo no_watch_option();

/// Checks that the endpoint file can be written. `path` comes from `section` or from --endpoint-file; empty if there is
/// no such file.
void check_endpoint_file(const std::string& path, const Sources& sources, std::string_view section, Problems& problems);

/// Reports a client section without services.
void check_services(const Config& config, Problems& problems);

}  // namespace ferrotunnel::cli
