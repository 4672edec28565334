// The option --config, and where what was said comes from.
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

/// Where `run` and `check` look if nobody says otherwise.
inline constexpr const char* default_config_file = "ferrotunnel.yml";

/// What a part is made from. The command line goes before the environment, that before the file.
struct Sources {
    const Options& options;
    Arguments& arguments;
    /// The file, if there is one.
    const Config* config = nullptr;
    /// There are no options for the part beside the file: nobody is asked for a token, and messages do not speak of
    /// options.
    bool file_alone = false;
    /// Both parts run in this process: log lines say whose they are.
    bool both_sides = false;
};

OptionSection config_section();

/// Reads the file that --config names, and tells its warnings. Nothing without the option. Everything that is wrong is
/// a problem, and so is a file without that section; but not what is wrong in the other one, which may be meant for
/// another machine.
std::optional<Config> read_config_option(const Options& options, std::string_view section, Problems& problems);

/// Which file `run` and `check` take: the word or --config, which say the same; both are a problem.
std::string config_file_of(const Options& options, Problems& problems);

/// The whole of a file, with all its problems.
Config read_config_file(const std::string& file, Problems& problems);

/// `path` of `section` or of --endpoint-file, if it is not empty: whether it can be written.
void check_endpoint_file(const std::string& path, const Sources& sources, std::string_view section, Problems& problems);

/// A client that offers nothing is not what anybody wants.
void check_services(const Config& config, Problems& problems);

}  // namespace ferrotunnel::cli
