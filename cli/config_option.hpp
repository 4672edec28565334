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

/// The file that `run`, `check` and `route` take if the user names none.
inline constexpr const char* default_config_file = "ferrotunnel.yml";

/// What a part is made from. The command line goes before the environment, and the environment before the file.
struct Sources {
    const Options& options;
    Arguments& arguments;
    /// The file, if there is one.
    const Config* config = nullptr;
    /// The part has no options besides the file: nobody is asked for a token, and messages do not speak of options.
    bool file_alone = false;
    /// Both parts run in this process, so that log lines have to say which side they are from.
    bool both_sides = false;
    /// Whether a question may be asked at the terminal, and hints be printed: not when the file is read again.
    bool may_ask = true;
};

OptionSection config_section();

/// Reads the file that --config names, and prints its warnings. Returns nothing without the option. Everything that is
/// wrong is a problem, and so is a file without `section`; but not what is wrong in the other side's section, which may
/// be meant for another machine.
std::optional<Config> read_config_option(const Options& options, std::string_view section, Problems& problems);

/// The file that `run` and `check` take: their operand, or the value of --config, which means the same. Giving both on
/// the command line is a problem.
std::string config_file_of(const Options& options, Problems& problems);

/// Reads a whole file, with the problems of all its sections.
Config read_config_file(const std::string& file, Problems& problems);

/// Reads a file again, without its warnings. `section`: the only one whose problems count; empty: both.
Config read_again(const std::string& file, std::string_view section, Problems& problems);

/// Whether --no-watch is given: changes of the file are applied after SIGHUP alone.
bool is_watched(const Options& options, Problems& problems);
OptionInfo no_watch_option();

/// Checks that the endpoint file can be written. `path` comes from `section` or from --endpoint-file; empty: there is
/// no such file.
void check_endpoint_file(const std::string& path, const Sources& sources, std::string_view section, Problems& problems);

/// Reports a client section without services: nobody wants a client that offers nothing.
void check_services(const Config& config, Problems& problems);

}  // namespace ferrotunnel::cli
