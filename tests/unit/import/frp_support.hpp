// Reads texts as files of frp, for tests.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "cli/import/draft.hpp"
#include "cli/import/readers.hpp"
#include "cli/import/source.hpp"
#include "cli/import/writer.hpp"

namespace frp_test {

namespace importing = ferrotunnel::cli::importing;

inline importing::Draft read(std::initializer_list<std::string_view> texts,
                             importing::Format format = importing::Format::toml) {
    std::vector<importing::Source> sources;
    for (const std::string_view text : texts) {
        sources.push_back(importing::parse_source("file-" + std::to_string(sources.size() + 1), text, format));
    }
    return importing::read_frp(sources);
}

/// The configuration without comments.
inline std::string yaml(const importing::Draft& draft) {
    std::string text = importing::to_yaml(draft, {.has_server = draft.server.kind() == importing::Node::Kind::map,
                                                  .has_client = draft.client.kind() == importing::Node::Kind::map});
    std::string plain;
    for (std::size_t begin = 0; begin < text.size();) {
        const std::size_t end = text.find('\n', begin);
        std::string line = text.substr(begin, end - begin);
        const std::size_t comment = line.find("# ");
        line = line.substr(0, comment);
        line = line.substr(0, line.find_last_not_of(' ') + 1);
        plain += line.empty() ? "" : line + "\n";
        begin = end + 1;
    }
    return plain;
}

inline bool contains(std::string_view text, std::string_view part) {
    return text.find(part) != std::string_view::npos;
}

/// The reason why a key was lost; empty if it was not.
inline std::string lost(const importing::Draft& draft, std::string_view key) {
    const auto found = std::ranges::find(draft.lost, key, &importing::Lost::key);
    return found == draft.lost.end() ? "" : found->why;
}

inline bool is_needless(const importing::Draft& draft, std::string_view key) {
    return std::ranges::find(draft.needless, key, &importing::Needless::key) != draft.needless.end();
}

inline bool asks(const importing::Draft& draft, std::string_view part) {
    return std::ranges::any_of(draft.look_at,
                               [part](const importing::LookAt& each) { return contains(each.text, part); });
}

/// A client with one proxy that has these lines.
inline std::string with_proxy(std::string_view lines) {
    return "serverAddr = \"edge.example.net\"\nauth.token = \"made-up\"\n[[proxies]]\n" + std::string(lines);
}

}  // namespace frp_test
