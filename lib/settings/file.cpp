#include "settings/file.hpp"

#include <utility>

#include "config/document.hpp"
#include "ferrotunnel/log.hpp"
#include "settings/client.hpp"
#include "settings/includes.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

constexpr Choice log_levels[] = {
    {"trace", static_cast<std::uint64_t>(LogLevel::trace)}, {"debug", static_cast<std::uint64_t>(LogLevel::debug)},
    {"info", static_cast<std::uint64_t>(LogLevel::info)},   {"warn", static_cast<std::uint64_t>(LogLevel::warn)},
    {"error", static_cast<std::uint64_t>(LogLevel::error)}, {"off", static_cast<std::uint64_t>(LogLevel::off)},
};
constexpr Choice log_formats[] = {
    {"text", static_cast<std::uint64_t>(LogFormat::text)},
    {"json", static_cast<std::uint64_t>(LogFormat::json)},
};
constexpr SettingFacts of_log[] = {
    {.key = "level", .form = Form::choice, .choices = log_levels, .help = "Minimum level that is logged."},
    {.key = "format",
     .form = Form::choice,
     .choices = log_formats,
     .help = "`text`: lines for people; `json`: one "
             "object a line."},
};

std::span<const SettingFacts> log_keys() noexcept {
    return of_log;
}

constexpr SettingFacts of_root[] = {
    {.key = "server", .help = "The side on a public host, to which clients and visitors connect."},
    {.key = "client", .help = "The side next to the services.", .keys = client_section_keys},
    {.key = "log", .help = "The log on the standard error stream.", .keys = log_keys},
    {.key = "include",
     .type = "file, folder or pattern, or a list",
     .help = "Files whose sections are merged with those of this one; see \"Several files\" below."},
};

Problem to_problem(const config::Finding& finding, const std::vector<ConfigText>& texts) {
    return {finding.path, finding.text, texts.at(finding.place.file).name, finding.place.line, finding.place.column};
}

LogPart read_log(config::Section section) {
    LogPart part;
    declare_keys(section, log_keys());
    if (const auto level = read_key(section, log_keys(), "level")) {
        part.level = static_cast<LogLevel>(*level);
    }
    if (const auto format = read_key(section, log_keys(), "format")) {
        part.format = static_cast<LogFormat>(*format);
    }
    section.finish();
    return part;
}

}  // namespace

std::span<const SettingFacts> root_keys() noexcept {
    return of_root;
}

ConfigFile read_config(const ConfigSource& source) {
    ConfigFile file;
    file.name = source.name;
    file.files.push_back(source.name);
    config::Report report;
    const auto whole = std::make_shared<config::Node>(config::parse_document(source.text, report));
    config::Node& document = *whole;
    const bool is_broken = !report.empty() && document.entries.empty();  // then further problems would be meaningless

    config::Context context{report, source.environment, folder_of(source.name), {}};
    std::vector<ConfigText> texts{{source.name, std::string(source.text), source.others_can_read}};
    add_includes(document, source, context, file, texts);
    file.document = whole;
    config::Section root(document, context, "", {1, 1});
    declare_keys(root, root_keys());  // `include` was followed above
    ConfigReading reading{file, texts};
    if (auto server = root.find("server")) {
        file.values.server = read_server(server->section(), reading);
    }
    if (auto client = root.find("client")) {
        file.values.client = read_client(client->section(), reading);
    }
    if (auto log = root.find("log")) {
        file.values.log = read_log(log->section());
    }
    root.finish();
    if (file.values.server && file.values.client && !file.values.server->endpoint_file.empty() &&
        file.values.server->endpoint_file == file.values.client->endpoint_file) {
        const Origin& origin = file.client_origins.find("endpoint_file")->second;
        report.add({origin.line, origin.column}, "client.endpoint_file",
                   "is used by the server too; each side needs a file of its own");
    }
    if (!is_broken && !file.values.server && !file.values.client) {
        report.add({1, 1}, "", "nothing to run: there is neither `server:` nor `client:`");
    }
    for (const config::Finding& finding : report.take()) {
        file.problems.push_back(to_problem(finding, texts));
    }
    for (const ConfigText& text : texts) {
        file.names.push_back(text.name);
    }
    file.keys = std::move(context.keys);
    return file;
}

}  // namespace ferrotunnel::detail
