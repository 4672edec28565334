// `ferrotunnel run`, which runs what a configuration file declares; and run_part, with which `server` and `client` run.
#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "commands.hpp"
#include "common_settings.hpp"
#include "config_reloader.hpp"
#include "help.hpp"
#include "replace.hpp"

namespace ferrotunnel::cli {
namespace {

// Runs parts that were made from the configuration, which reloads read again.
ExitCode run_configured(const std::vector<std::unique_ptr<Part>>& parts, Signals& signals,
                        ConfigReloader::Inputs inputs, Config config, bool watched, bool quiet) {
    inputs.file = config.file();
    ConfigReloader reloader(std::move(inputs));
    reloader.set_initial(std::make_shared<const Config>(std::move(config)));
    return run_parts(parts, signals, &reloader, watched, quiet);
}

}  // namespace

const CommandInfo& run_info() {
    static const CommandInfo info{
        "run",
        "start what a configuration file declares: a server, a client or both",
        "[FILE]",
        "  ferrotunnel check && ferrotunnel run\n"
        "  ferrotunnel run /etc/ferrotunnel/ferrotunnel.yml --log-format json\n",
        {
            {"Configuration file",
             {
                 {"config", "FILE", "Configuration file, instead of FILE (default ferrotunnel.yml)",
                  "The YAML file, with `server:` and `client:` sections; docs/configuration.md lists its keys. "
                  "Used instead of FILE. Default: ferrotunnel.yml.",
                  false, 'c'},
                 no_watch_option(),
             }},
            {"Running",
             {
                 {"drain", "TIME", "Time for visitors to finish (default: server 30s, client 10s)",
                  "Time for visitors to finish after Ctrl-C or SIGTERM. Default: as in the file, or else 30s for a "
                  "server "
                  "and 10s for a client."},
                 replace_option(),
             }},
            log_section(),
        },
        CommandInfo::Kind::both,
    };
    return info;
}

ExitCode run_run(Arguments arguments) {
    Problems problems;
    Options options(run_info());
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    Signals signals(true);  // before the library starts threads
    Config config = read_config_file(config_file_of(options, problems), problems);
    const bool watched = is_watched(options, problems);
    const bool quiet = options.flag("quiet", problems);
    const Sources sources{options, arguments, &config, true, config.has_server() && config.has_client()};
    std::vector<std::unique_ptr<Part>> parts;
    if (config.has_server()) {
        parts.push_back(make_server_part(sources, signals, problems));  // first: the client may connect to it
    }
    if (config.has_client()) {
        parts.push_back(make_client_part(sources, signals, problems));
    }
    if (!problems.empty()) {
        throw UsageError{std::move(problems), "run"};
    }
    return run_configured(parts, signals, {options, arguments, {}, "", true}, std::move(config), watched, quiet);
}

ExitCode run_part(Arguments arguments, const CommandInfo& info, const std::string& section, const PartMaker& make) {
    Problems problems;
    Options options(info);
    if (!parse_or_help(options, std::move(arguments.words), problems)) {
        return ExitCode::ok;
    }
    Signals signals(options.has("config"));  // before the library starts threads
    std::optional<Config> config = read_config_option(options, section, problems);
    const bool watched = is_watched(options, problems);
    const bool quiet = options.flag("quiet", problems);
    std::vector<std::unique_ptr<Part>> parts;
    parts.push_back(make({options, arguments, config ? &*config : nullptr}, signals, problems));
    if (!problems.empty()) {
        throw UsageError{std::move(problems), info.name};
    }
    if (!config) {
        return run_parts(parts, signals, nullptr, false, quiet);
    }
    return run_configured(parts, signals, {options, arguments, {}, section}, std::move(*config), watched, quiet);
}

}  // namespace ferrotunnel::cli
