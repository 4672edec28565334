#include "config_option.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "printable.hpp"

namespace ferrotunnel::cli {

OptionSection config_section() {
    return {
        "Configuration file",
        {
            {"config", "FILE",
             "Take settings from this YAML file. Options and variables go before what it says. docs/configuration.md "
             "lists its keys, and `ferrotunnel check FILE` checks it.",
             false},
        }};
}

Config read_config_file(const std::string& file, Problems& problems) {
    std::vector<Problem> found;
    Config config = Config::try_load(file, found);
    for (const Problem& problem : found) {
        problems.add(problem);
    }
    for (const Problem& warning : config.warnings()) {
        fmt::print(stderr, "warning: {}\n", printable(to_text(warning)));
    }
    return config;
}

void check_services(const Config& config, Problems& problems) {
    if (problems.empty() && config.has_client() && config.client_section().services.empty()) {
        problems.add(config.file() + ": client.services",
                     "missing: what to offer, like `- {tcp: 2222, local: 127.0.0.1:22}`");
    }
}

std::optional<Config> read_config_option(const Options& options, Problems& problems) {
    const std::optional<std::string> file = options.text("config");
    return file ? std::optional(read_config_file(*file, problems)) : std::nullopt;
}

}  // namespace ferrotunnel::cli
