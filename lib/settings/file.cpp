#include "settings/file.hpp"

#include <utility>

#include "config/document.hpp"
#include "settings/includes.hpp"
#include "settings/key_tables.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

Problem to_problem(const config::Finding& finding, const std::vector<ConfigText>& texts) {
    return {finding.path, finding.text, texts.at(finding.place.file).name, finding.place.line, finding.place.column};
}

}  // namespace

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
