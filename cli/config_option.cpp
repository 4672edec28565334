#include "config_option.hpp"

#include <fmt/format.h>

#include <cstdio>
#include <utility>

#include "endpoint_file.hpp"
#include "print_error.hpp"
#include "printable.hpp"

namespace ferrotunnel::cli {
namespace {

// Reads a file. `ignored`: the section whose problems do not count; empty: none.
Config read(const std::string& file, std::string_view ignored, Problems& problems, bool warns = true) {
    std::vector<Problem> found;
    Config config = Config::try_load(file, found);
    auto concerns = [ignored](const Problem& problem) {
        return ignored.empty() || problem.key.substr(0, problem.key.find('.')) != ignored;
    };
    for (const Problem& problem : found) {
        if (concerns(problem)) {
            problems.add(problem);
        }
    }
    for (const Problem& warning : config.warnings()) {
        if (warns && concerns(warning)) {
            print_error("warning: {}\n", printable(to_text(warning)));
        }
    }
    return config;
}

}  // namespace

OptionSection config_section() {
    return {"Configuration file",
            {
                {"config", "FILE", "Read settings from this YAML file",
                 "Read settings from this YAML file; options and variables take precedence. docs/configuration.md "
                 "lists its "
                 "keys, and `ferrotunnel check FILE` checks it.",
                 false, 'c'},
                no_watch_option(),
            }};
}

OptionInfo no_watch_option() {
    return {
        "no-watch", "", "",
        "Apply changes of the configuration file only after SIGHUP. Otherwise they are applied as soon as the file is "
        "written."};
}

bool is_watched(const Options& options, Problems& problems) {
    return !options.flag("no-watch", problems);
}

std::string config_file_of(const Options& options, Problems& problems) {
    const std::optional<std::string> file = options.text("config");
    if (options.operand()) {
        if (file && !options.from_environment("config")) {
            problems.add(*options.operand(), "is a second file: --config already names " + *file);
        }
        return *options.operand();
    }
    return file.value_or(default_config_file);
}

Config read_config_file(const std::string& file, Problems& problems) {
    return read(file, "", problems);
}

Config read_again(const std::string& file, std::string_view section, Problems& problems) {
    const std::string_view ignored = section.empty() ? "" : section == "server" ? "client" : "server";
    return read(file, ignored, problems, false);
}

void check_endpoint_file(const std::string& path, const Sources& sources, std::string_view section,
                         Problems& problems) {
    if (path.empty()) {
        return;
    }
    if (std::string fault = endpoint_file_fault(path); !fault.empty()) {
        const bool in_file = sources.config != nullptr && !sources.options.text("endpoint-file");
        problems.add(in_file ? fmt::format("{}: {}.endpoint_file", sources.config->file(), section)
                             : sources.options.place_of("endpoint-file"),
                     std::move(fault));
    }
}

void check_services(const Config& config, Problems& problems) {
    const Config::ClientSection client = config.client_section();
    if (problems.empty() && config.has_client() && client.services.empty() && client.http_services.empty() &&
        client.tls_services.empty() && client.udp_services.empty() && client.visits.empty()) {
        problems.add(config.file() + ": client.services",
                     "missing: what to offer, like `- {tcp: 2222, local: 127.0.0.1:22}` or `- {http: app.example.com, "
                     "local: 3000}`");
    }
}

std::optional<Config> read_config_option(const Options& options, std::string_view section, Problems& problems) {
    const std::optional<std::string> file = options.text("config");
    if (!file) {
        return std::nullopt;
    }
    const bool is_server = section == "server";
    Config config = read(*file, is_server ? "client" : "server", problems);
    if (problems.empty() && !(is_server ? config.has_server() : config.has_client())) {
        problems.add(config.file(), fmt::format("has no `{}:` section", section));
    }
    return config;
}

}  // namespace ferrotunnel::cli
