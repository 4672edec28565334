// Files with every key of frp: each line is imported, or listed with a reason.
#include <catch2/catch.hpp>
#include <set>

#include "cli/import/report.hpp"
#include "frp_support.hpp"

namespace {

using ferrotunnel::cli::importing::Draft;
using ferrotunnel::cli::importing::Node;
using ferrotunnel::cli::importing::Source;

void add_lines(const Node& node, std::set<std::size_t>& lines) {
    if (node.origin()) {
        lines.insert(node.origin()->line);
    }
    for (const Node& child : node.children()) {
        add_lines(child, lines);
    }
}

std::set<std::size_t> explained_lines(const Draft& draft) {
    std::set<std::size_t> lines;
    for (const Node* const node : {&draft.client, &draft.server, &draft.client_log, &draft.server_log}) {
        add_lines(*node, lines);
    }
    for (const auto& entry : draft.lost) {
        lines.insert(entry.origin.line);
    }
    for (const auto& entry : draft.look_at) {
        lines.insert(entry.origin.line);
    }
    for (const auto& entry : draft.needless) {
        lines.insert(entry.origin.line);
    }
    return lines;
}

/// The key of a line, or nothing for a line without one.
std::string key_of(const std::string& line) {
    const std::size_t equals = line.find('=');
    const bool is_key = !line.empty() && line.front() != '#' && line.front() != '[' && line.front() != '{' &&
                        line.front() != ';' && equals != std::string::npos;
    return is_key ? line.substr(0, line.find_last_not_of(' ', equals - 1) + 1) : "";
}

/// The keys of lines that are neither imported nor listed, outside items that are lost as a whole.
std::set<std::string> unexplained(const Source& source, const Draft& draft) {
    const std::set<std::size_t> explained = explained_lines(draft);
    std::set<std::string> keys;
    bool is_lost = false;
    for (std::size_t i = 0; i < source.lines.size(); ++i) {
        const std::string& line = source.lines[i];
        const std::size_t next = i + 1;
        if (line.starts_with("[[") ||
            (line.starts_with('[') && line.ends_with(']') && line.find('.') == std::string::npos)) {
            is_lost = std::ranges::any_of(draft.lost, [next](const auto& entry) {
                return (entry.origin.line == next || entry.origin.line == next + 1) && entry.key.ends_with(')');
            });
        }
        if (!key_of(line).empty() && !is_lost && !explained.contains(i + 1)) {
            keys.insert(key_of(line));
        }
    }
    return keys;
}

Source full(const std::string& name) {
    return ferrotunnel::cli::importing::load_source(FERROTUNNEL_SOURCE "/tests/data/import_full/frp/" + name);
}

}  // namespace

// Keys that make one value together with another one, which has the comment.
TEST_CASE("every key of frp's TOML client is imported or listed", "[frp][full]") {
    const Source source = full("frpc.toml");
    const Draft draft = ferrotunnel::cli::importing::read_frp(std::vector{source});
    CHECK(unexplained(source, draft) == std::set<std::string>{"bindAddr", "httpPassword", "localAddr", "localIP",
                                                              "localPath", "type", "unixPath", "webServer.addr"});
    CHECK(frp_test::contains(frp_test::yaml(draft), "name: barn"));
}

TEST_CASE("every key of frp's TOML server is imported or listed", "[frp][full]") {
    const Source source = full("frps.toml");
    const Draft draft = ferrotunnel::cli::importing::read_frp(std::vector{source});
    CHECK(unexplained(source, draft) == std::set<std::string>{"bindAddr"});
}

TEST_CASE("every key of frp's INI files is imported or listed", "[frp][full]") {
    for (const char* const name : {"frpc.ini", "frps.ini"}) {
        const Source source = full(name);
        const Draft draft = ferrotunnel::cli::importing::read_frp(std::vector{source});
        const std::set<std::string> keys = unexplained(source, draft);
        for (const char* const other : {"strange", "server_addr", "token", "log_level", "remote_port", "sk"}) {
            CHECK_FALSE(keys.contains(other));
        }
        CHECK(keys.size() < 16);
    }
}

TEST_CASE("no secret of the full files is in the text or the lists", "[frp][full]") {
    for (const char* const name : {"frpc.toml", "frps.toml", "frpc.ini", "frps.ini"}) {
        Draft draft = ferrotunnel::cli::importing::read_frp(std::vector{full(name)});
        ferrotunnel::cli::importing::sort_entries(draft);
        std::string text = ferrotunnel::cli::importing::to_yaml(draft, {});
        text += ferrotunnel::cli::importing::report_json(draft, {}, {});
        for (const char* const secret :
             {"a token of a person", "oidc-secret", "-password", "vault-secret", "talk-secret", "group-key-1"}) {
            CAPTURE(name, secret);
            CHECK_FALSE(frp_test::contains(text, secret));
        }
    }
}
