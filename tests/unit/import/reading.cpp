#include "reading.hpp"

#include <algorithm>
#include <set>
#include <sstream>

#include "cli/import/readers.hpp"
#include "cli/import/writer.hpp"

namespace ferrotunnel::cli::importing {
namespace {

std::string section(const Draft& draft, bool is_server) {
    std::string yaml = to_yaml(draft, {.has_server = is_server, .has_client = !is_server});
    std::string plain;
    bool is_inside = false;
    for (std::size_t begin = 0; begin < yaml.size();) {
        const std::size_t end = std::min(yaml.find('\n', begin), yaml.size());
        std::string line = yaml.substr(begin, end - begin);
        begin = end + 1;
        if (const std::size_t comment = line.find("# "); comment != std::string::npos) {
            line.erase(comment);
        }
        line.erase(line.find_last_not_of(' ') + 1);
        const bool is_top = !line.empty() && line.front() != ' ';
        is_inside = is_top ? line == (is_server ? "server:" : "client:") : is_inside;
        if (is_inside && !is_top && !line.empty()) {
            plain += line.substr(2) + "\n";
        }
    }
    return plain;
}

class Accounts {
public:
    explicit Accounts(const Draft& draft) {
        for (const Node* const node : {&draft.client, &draft.server, &draft.client_log, &draft.server_log}) {
            add(*node);
        }
        for (const Lost& lost : draft.lost) {
            keys_.insert(lost.key);
        }
        for (const Needless& needless : draft.needless) {
            keys_.insert(needless.key);
        }
    }

    void find_forgotten(const Source& source, const Value& value, const std::string& path,
                        std::vector<std::string>& forgotten) const {
        if (keys_.contains(path)) {
            return;
        }
        if (value.is_scalar()) {
            const std::string_view key = std::string_view(path).substr(path.rfind('.') + 1);
            if (key != "type" && key != "proto" && key != "version" && !path.ends_with(".bindings[1]") &&
                !places_.contains(place_of(source.origin(value)))) {
                forgotten.push_back(path);
            }
            return;
        }
        for (std::size_t i = 0; i < value.items.size(); ++i) {
            find_forgotten(source, value.items[i], path + "[" + std::to_string(i + 1) + "]", forgotten);
        }
        for (const auto& [key, member] : value.members) {
            find_forgotten(source, member, path.empty() ? key : path + "." + key, forgotten);
        }
    }

private:
    void add(const Node& node) {
        if (node.origin()) {
            places_.insert(place_of(*node.origin()));
        }
        for (const Node& child : node.children()) {
            add(child);
        }
    }

    std::set<std::string> places_;
    std::set<std::string> keys_;
};

bool has_key(const auto& entries, std::string_view key) {
    return std::ranges::any_of(entries, [key](const auto& entry) { return entry.key == key; });
}

Reading read_sources(Reader reader, Format format, const std::vector<std::string_view>& texts) {
    Reading reading;
    for (const std::string_view text : texts) {
        reading.sources.push_back(parse_source("file-" + std::to_string(reading.sources.size() + 1), text, format));
    }
    reading.draft = reader(reading.sources);
    return reading;
}

}  // namespace

std::string Reading::client() const {
    return section(draft, false);
}

std::string Reading::server() const {
    return section(draft, true);
}

bool Reading::has_lost(std::string_view key) const {
    return has_key(draft.lost, key);
}

bool Reading::has_skipped(std::string_view key) const {
    return has_key(draft.needless, key);
}

bool Reading::asks(std::string_view part) const {
    return std::ranges::any_of(draft.look_at,
                               [part](const LookAt& entry) { return entry.text.find(part) != std::string::npos; });
}

std::vector<std::string> Reading::forgotten() const {
    std::vector<std::string> forgotten;
    const Accounts accounts(draft);
    for (const Source& source : sources) {
        accounts.find_forgotten(source, source.root, {}, forgotten);
    }
    return forgotten;
}

std::string Reading::services() const {
    std::istringstream lines(client());
    std::string services;
    for (std::string line; std::getline(lines, line);) {
        const bool is_top = line.front() != ' ';
        if (is_top ? line == "services:" : !services.empty()) {
            services += line + "\n";
        } else if (is_top && !services.empty()) {
            break;
        }
    }
    for (std::size_t at = services.find("$$y$$"); at != std::string::npos; at = services.find("$$y$$", at)) {
        services.replace(at, services.find_first_of("\"\n", at) - at, "HASH");
    }
    return services;
}

Reading read_yaml(Reader reader, std::string_view text) {
    return read_sources(reader, Format::yaml, {text});
}

Reading read_toml(Reader reader, const std::vector<std::string_view>& texts) {
    return read_sources(reader, Format::toml, texts);
}

}  // namespace ferrotunnel::cli::importing
