// Holds together all that speaks of settings: the builders, the keys that a file may have, and docs/configuration.md
// with its table and its example. (tests/e2e/config_reference.sh does the same for the program's options.)
#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "base/limits.hpp"
#include "ferrotunnel/config.hpp"
#include "settings/file.hpp"
#include "settings/file_keys.hpp"
#include "settings/rows.hpp"

namespace ferrotunnel {
namespace {

using Names = std::set<std::string>;

std::string read_source(const std::string& path) {
    std::ifstream in(std::string(FERROTUNNEL_SOURCE) + '/' + path);
    REQUIRE(in);
    return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::vector<std::string> lines_of(const std::string& text) {
    std::istringstream in(text);
    std::vector<std::string> lines;
    for (std::string line; std::getline(in, line);) {
        lines.push_back(line);
    }
    return lines;
}

// The words between `backticks`.
std::vector<std::string> code_in(const std::string& cell) {
    std::vector<std::string> words;
    for (std::size_t at = cell.find('`'); at != std::string::npos; at = cell.find('`', at + 1)) {
        const std::size_t end = cell.find('`', at + 1);
        words.push_back(cell.substr(at + 1, end - at - 1));
        at = end;
    }
    return words;
}

struct Row {
    std::string key;
    std::vector<std::string> initial;  // its default, if the table has one
    std::vector<std::string> builder;
};

std::vector<Row> documented() {
    std::vector<Row> rows;
    for (const std::string& line : lines_of(read_source("docs/configuration.md"))) {
        if (!line.starts_with("| `")) {
            continue;
        }
        std::vector<std::string> cells;
        std::istringstream in(line.substr(1));
        for (std::string cell; std::getline(in, cell, '|');) {
            cells.push_back(cell);
        }
        INFO(line);
        REQUIRE(cells.size() == 6);
        rows.push_back({code_in(cells[0]).at(0), code_in(cells[2]), code_in(cells[4])});
    }
    return rows;
}

detail::ConfigFile read(const std::string& text) {
    return detail::read_config({text, "f.yml", false, [](const std::string& name) -> std::optional<std::string> {
                                    return name == "TOKEN" ? std::optional<std::string>("some weak token")
                                                           : std::nullopt;
                                }});
}

// A file's text with this key and value, in all the groups around the key.
std::string written(const std::string& key, const std::string& value) {
    std::istringstream in(key);
    std::string text;
    std::string indent;
    for (std::string part; std::getline(in, part, '.');) {
        text += (text.empty() ? "" : "\n") + indent + part + ':';
        indent += "  ";
    }
    return text + (value.starts_with('{') ? " " + value : " \"" + value + "\"") + "\n";
}

// The names of a builder's calls: "tls_pin" for "    Builder& tls_pin(std::string pin);".
Names calls_of_builder(const std::string& header) {
    Names names;
    for (const std::string& line : lines_of(read_source(header))) {
        const std::string before = "    Builder& ";
        const bool is_public = line.find("operator") == std::string::npos && !line.starts_with(before + "set(");
        if (line.starts_with(before) && is_public) {
            names.insert(line.substr(before.size(), line.find('(') - before.size()));
        }
    }
    return names;
}

// The declared keys that have a line in the documentation, by their paths: all but those that are groups of keys alone.
void add_declared(const std::vector<detail::FileKey>& keys, const std::string& before,
                  std::map<std::string, const detail::SettingFacts*>& declared) {
    for (const detail::FileKey& key : keys) {
        const std::string path = before + key.name;
        const bool is_group =
            key.facts == nullptr || (key.facts->form == detail::Form::section && key.facts->type.empty());
        if (!is_group && path != "client.services") {
            declared.emplace(path, key.facts);
        }
        const bool is_list =
            !is_group && (detail::type_description(*key.facts).accepts_list || key.facts->type.starts_with("list of"));
        add_declared(key.keys, path + (is_list ? "[]." : "."), declared);
    }
}

std::map<std::string, const detail::SettingFacts*> declared_keys() {
    static const detail::FileKey file = detail::file_keys();
    std::map<std::string, const detail::SettingFacts*> declared;
    add_declared(file.keys, "", declared);
    return declared;
}

}  // namespace

TEST_CASE("the documented keys are those that are read", "[config-keys]") {
    // Every group that a file may have, so that all its keys are asked for.
    const detail::ConfigFile file = read(
        "server: {token: [{bytes_per_second: {up: 1M}, service_bytes_per_second: {up: 1M}, "
        "visitor_bytes_per_second: {up: 1M}}], plugins: {load: [], chain: [{}]}, https: {certificates: [{}], fallback: "
        "{}, "
        "client_certificates: [{}]}, services: [{}]}\n"
        "client: {disabled: [{}], services: [{http: a, request_headers: {}, response_headers: {}, redirect: {}, "
        "https_redirect: {}, hsts: {}, limits: {body_rate: 1KiB, body_max: 1KiB}, health: {}, eject: {}}, "
        "{tcp: 1, local: exit, allow: a.example.com, users: [{}]}], visits: [{}]}\nlog: {}\n");
    Names known = file.keys;
    known.insert("include");  // followed before the groups are read
    for (const char* group :
         {"server", "client", "log", "server.plugins", "server.timing", "server.http", "server.traces", "client.timing",
          "client.services", "server.https", "server.https.hsts", "server.acme", "server.acme.external_account",
          "server.cluster", "client.services[].request_headers", "client.services[].response_headers",
          "client.services[].limits"}) {
        CHECK(known.erase(group) == 1);
    }
    Names rows;
    for (const Row& row : documented()) {
        CHECK(rows.insert(row.key).second);
    }
    CHECK(rows == known);
    Names declared;
    for (const auto& [path, facts] : declared_keys()) {
        declared.insert(path);
    }
    CHECK(rows == declared);
}

namespace {

std::string in_code(const std::string& text) {
    return text.empty() ? "" : '`' + text + '`';
}

// What the table says about the type of a setting.
std::string type_of(const detail::SettingFacts& setting) {
    const bool is_size = setting.form == detail::Form::size;
    const auto amount = [&](std::uint64_t number) { return number == 0 ? "0" : detail::text_of(setting, number); };
    std::string choices;
    for (const detail::Choice& choice : setting.choices) {
        choices += (choices.empty() ? "" : " ") + in_code(std::string(choice.word));
    }
    switch (setting.form) {
        case detail::Form::on_off:
            return "boolean";
        case detail::Form::number:
        case detail::Form::size:
            return is_size && setting.max > limits::memory_settable_max
                       ? "size"
                       : amount(setting.min) + " to " + amount(setting.max);
        case detail::Form::time:
            return "time";
        case detail::Form::path:
            return "file";
        case detail::Form::choice:
            return choices;
        default:
            return "text";
    }
}

// The lines of the table that follow from the declarations of settings, by their keys.
class Lines {
public:
    template <typename Values>
    void add_side(const std::string& side) {
        const Values initial;
        detail::Groups<Values>::visit([&](const detail::GroupPlace& place, const auto& rows, const auto& part) {
            add(side, place, rows, part(initial), true);
        });
        add(side, {}, detail::program_settings, detail::ProgramValues(), false);
    }
    const std::map<std::string, std::string>& by_key() const { return lines_; }

private:
    template <typename Rows, typename Group>
    void add(const std::string& side, const detail::GroupPlace& place, const Rows& rows, const Group& group,
             bool has_call) {
        for (const auto& setting : rows) {
            if (setting.form == detail::Form::section) {
                continue;  // declared_keys() has it
            }
            const std::string key = side + '.' + path_of(place, setting);
            std::string initial;
            visit_value(setting, group, [&](const auto& value) { initial = detail::text_of(setting, value); });
            const std::string_view call = !setting.call.empty()         ? setting.call
                                          : !place.problem_path.empty() ? place.problem_path
                                                                        : setting.key;
            const std::string default_text =
                setting.default_text.empty() ? "" : " Default: " + std::string(setting.default_text) + '.';
            const std::string option = setting.option.empty() ? "" : "--" + std::string(setting.option);
            std::string line = "|";
            for (const std::string& cell :
                 {in_code(key), setting.type.empty() ? type_of(setting) : std::string(setting.type), in_code(initial),
                  std::string(setting.help) + default_text, has_call ? in_code(std::string(call)) : "",
                  in_code(option)}) {
                line += (cell.empty() ? "" : ' ' + cell) + " |";
            }
            lines_.emplace(key, line);
        }
    }

    std::map<std::string, std::string> lines_;
};

// A line of the table with the type and the meaning that the key's declaration has.
std::string with_declaration(const std::string& line, const detail::SettingFacts& facts) {
    std::vector<std::string> cells;
    std::istringstream in(line.substr(1));
    for (std::string cell; std::getline(in, cell, '|');) {
        cells.push_back(cell);
    }
    REQUIRE(cells.size() == 6);
    const auto cell = [](const std::string& text) { return text.empty() ? " " : ' ' + text + ' '; };
    cells[1] = cell(facts.type.empty() ? type_of(facts) : std::string(facts.type));
    cells[3] = cell(std::string(facts.help));
    std::string made;
    for (const std::string& each : cells) {
        made += '|' + each;
    }
    return made + '|';
}

}  // namespace

TEST_CASE("the documented lines are what the settings' declarations say", "[config-keys]") {
    Lines lines;
    lines.add_side<detail::ServerValues>("server");
    lines.add_side<detail::ClientValues>("client");
    std::map<std::string, std::string> missing = lines.by_key();
    const auto keys = declared_keys();
    std::string written;
    for (const std::string& line : lines_of(read_source("docs/configuration.md"))) {
        const std::vector<std::string> code = line.starts_with("| `") ? code_in(line) : std::vector<std::string>();
        const auto declared = code.empty() ? lines.by_key().end() : lines.by_key().find(code[0]);
        const auto key = code.empty() ? keys.end() : keys.find(code[0]);
        if (declared != lines.by_key().end()) {
            missing.erase(code[0]);
            written += declared->second + '\n';
        } else {
            written += (key == keys.end() ? line : with_declaration(line, *key->second)) + '\n';
        }
    }
    const std::string path = std::string(FERROTUNNEL_SOURCE) + "/docs/configuration.md";
    if (std::getenv("FERROTUNNEL_WRITE_DOCS") != nullptr) {
        std::ofstream(path) << written;
    }
    for (const auto& [key, line] : missing) {
        UNSCOPED_INFO("no line in docs/configuration.md; it should be: " << line);
    }
    CHECK(missing.empty());
    UNSCOPED_INFO("to write them again: FERROTUNNEL_WRITE_DOCS=1 test_settings \"[config-keys]\"");
    CHECK(written == read_source("docs/configuration.md"));
}

namespace {

// The keys whose settings change while a side runs, as the rows say. Those below a section change with it.
template <typename Values>
void add_live(const std::string& side, Names& live, Names& fixed) {
    const auto add = [&](const detail::GroupPlace& place, const auto& rows) {
        for (const auto& setting : rows) {
            const std::string key = side + '.' + path_of(place, setting);
            if (key == "server.plugins") {  // a group in the file
                live.insert({"server.plugins.load", "server.plugins.chain"});
            } else if (key == "server.cluster") {  // its presence: of the keys below it, one is live
                CHECK_FALSE(setting.is_live);
            } else {
                if (key == "server.http.pages") {  // those of single hosts are pages too
                    (setting.is_live ? live : fixed).insert("server.http.hosts");
                }
                (setting.is_live ? live : fixed).insert(key);
            }
        }
    };
    detail::Groups<Values>::visit([&](const auto& place, const auto& rows, const auto&) { add(place, rows); });
    add({}, std::span(detail::program_settings));
}

// Whether the key, or a group around it, is one of these.
bool is_among(std::string key, const Names& keys) {
    while (!key.empty()) {
        if (keys.contains(key)) {
            return true;
        }
        const std::size_t end = key.ends_with("[]") ? key.size() - 2 : key.rfind('.');
        key.resize(end == std::string::npos ? 0 : end);
    }
    return false;
}

}  // namespace

TEST_CASE("each key is documented to change while it runs, or to need a restart", "[config-keys]") {
    Names live{"log.level", "client.services", "client.disabled"};
    Names fixed{"log.format", "include"};  // what is included is compared, not from where
    add_live<detail::ServerValues>("server", live, fixed);
    add_live<detail::ClientValues>("client", live, fixed);
    const std::string text = read_source("docs/configuration.md");
    const std::size_t begin = text.find("## What changes while it runs");
    REQUIRE(begin != std::string::npos);
    const std::string section = text.substr(begin, text.find("\n## ", begin + 1) - begin);
    Names told;
    for (const std::string& line : lines_of(section)) {
        if (line.starts_with("- `")) {
            const std::vector<std::string> keys = code_in(line.substr(0, line.find(':')));
            told.insert(keys.begin(), keys.end());
        }
    }
    for (const std::string& key : live) {  // it, or a group that can change as a whole
        INFO(key);
        CHECK(is_among(key, told));
    }
    for (const std::string& key : fixed) {
        INFO(key);
        CHECK_FALSE(is_among(key, told));
    }
    for (const Row& row : documented()) {
        INFO(row.key);
        CHECK(is_among(row.key, live) != is_among(row.key, fixed));
    }
}

TEST_CASE("a change of each setting is noticed, and taken over where it is live", "[config-keys]") {
    const auto walk = [](auto values, std::string_view side) {
        using Values = decltype(values);
        detail::Groups<Values>::visit([&](const detail::GroupPlace& place, const auto& rows, const auto& part) {
            for (const auto& setting : rows) {
                Values changed = values;
                bool differs = false;
                visit_value(setting, part(changed), [&](auto& value) {
                    using T = std::decay_t<decltype(value)>;
                    if constexpr (std::is_same_v<T, bool>) {
                        value = !value;
                    } else if constexpr (std::is_same_v<T, std::string>) {
                        value += "x";
                    } else if constexpr (std::is_same_v<T, std::vector<std::string>>) {
                        value.emplace_back("x");
                    } else if constexpr (std::is_same_v<T, std::map<std::string, std::string>>) {
                        value["x"] = "y";
                    } else if constexpr (std::is_same_v<T, TlsGrade>) {
                        value = TlsGrade::intermediate;
                    } else if constexpr (std::is_same_v<T, std::optional<std::string>>) {
                        value = "x";
                    } else if constexpr (std::is_same_v<T, std::optional<std::uint64_t>>) {
                        value = 77;
                    } else if constexpr (std::is_same_v<T, std::chrono::milliseconds>) {
                        value += std::chrono::milliseconds(7);
                    } else if constexpr (std::is_same_v<T, std::optional<std::chrono::milliseconds>>) {
                        value = std::chrono::milliseconds(7);
                    } else {
                        value = static_cast<T>(value + 1);
                    }
                    differs = true;
                });
                if (!differs) {
                    continue;  // a section
                }
                const std::string key = detail::joined_path(side, path_of(place, setting));
                INFO(key);
                CHECK(detail::changes_between(side, values, changed) ==
                      std::vector<detail::SettingChange>{{key, setting.is_live}});
                Values taken = values;
                detail::copy_live(taken, changed);
                CHECK((taken == changed) == setting.is_live);
            }
        });
    };
    walk(detail::ServerValues(), "server");
    walk(detail::ClientValues(), "client");
    detail::ServerValues server;
    server.tokens.push_back({Secret::generate(), "alice"});
    server.plugins.emplace_back();
    server.https.certificates.push_back({"chain.pem", ""});
    server.https.fallback = Certificate{"chain.pem", ""};
    server.log_level = LogLevel::trace;
    detail::ServerValues taken;
    CHECK(detail::changes_between("server", taken, server).size() == 5);
    detail::copy_live(taken, server);
    CHECK(taken == server);
}

TEST_CASE("each documented default is the real one", "[config-keys]") {
    for (const Row& row : documented()) {
        if (row.initial.empty()) {
            continue;
        }
        INFO(row.key);
        const std::string section = row.key.substr(0, row.key.find('.'));
        const detail::ConfigFile with = read(written(row.key, row.initial[0]));
        const bool is_acme = row.key.starts_with("server.acme.");        // its presence alone turns it on
        const bool is_cluster = row.key.starts_with("server.cluster.");  // likewise
        const detail::ConfigFile without = read(is_acme      ? "server:\n  acme:\n"
                                                : is_cluster ? "server:\n  cluster:\n"
                                                             : section + ":\n");
        if (section == "log") {  // the values of a log are kept as they were said
            CHECK(with.values.log->level.value_or(LogLevel::warn) == LogLevel::warn);
            CHECK(with.values.log->format.value_or(LogFormat::text) == LogFormat::text);
        } else {
            CHECK(with.problems.empty());
            CHECK(with.values == without.values);
        }
    }
}

TEST_CASE("each key changes something, and refuses what it cannot take", "[config-keys]") {
    const std::map<std::string, std::string> by_name{
        {"level", "debug"},
        {"format", "json"},
        {"bind", "127.0.0.1:1"},
        {"tcp_bind", "::1"},
        {"public_host", "h"},
        {"allow_ports", "22"},
        {"token", "${TOKEN}"},
        {"allow_weak_token", "true"},
        {"tls", "off"},
        {"tls_cert", "/c"},
        {"tls_key", "/k"},
        {"state_dir", "/s"},
        {"workers", "2"},
        {"drain", "1s"},
        {"endpoint_file", "/e"},
        {"server", "h:1"},
        {"tls_ca", "system"},
        {"tls_pin", "sha256:"},
        {"connections", "3"},
        {"redundancy", "1"},
        {"http_bind", "off"},
        {"domain", "d"},
        {"attempts", "3"},
        {"name", "alice"},
        {"connections_per_token", "7"},
        {"ports_per_token", "7"},
        {"hold", "7s"},
        {"memory_max", "64MiB"},
        {"resume", "20s"},
        {"resume_memory", "8MiB"},
        {"control", "off"},
        {"metrics", "off"},
        {"dashboard", "off"},
        {"dashboard_token_file", "/c"},
        {"dashboard_tls_cert", "/c"},
        {"dashboard_tls_key", "/c"},
        {"busy_poll", "50"},
        {"proxy", "off"},
        {"wait_timeout", "1s"},
        {"waiting", "7"},
        {"collected", "1MiB"},
        {"retry_refused", "1m"},
        {"identity", "web"},
        {"metadata", "{site: barn}"},
        {"replace", "on"},
        {"linger", "2m"},
        {"managed", "127.0.0.1:3000-3999"},
        {"inspect", "on"},
        {"inspect_memory", "64MiB"},
        {"inspect_body", "1KiB"},
        {"inspect_mask", "pin"},
        {"access_log", "/a"},
        {"access_log_format", "json"},
        {"access_log_mask", "sid"},
        {"audit_log", "/b"},
        {"endpoint", "http://c:1"},
        {"sample", "0.5"},
        {"service_name", "edge"},
        {"ca", "/ca"},
    };
    const std::map<std::string, std::string> of_http{
        {"linger_bytes", "0"},
        {"requests_per_connection", "1"},
        {"connections", "1"},
        {"connections_per_address", "1"},
        {"head_bytes", "1KiB"},
        {"line_bytes", "256"},
        {"fields", "1"},
        {"target_bytes", "64"},
        {"body_rate", "0"},
        {"body_max", "1MiB"},
        {"body_grace", "1s"},
        {"upgrades", "off"},
        {"hold", "0"},
        {"pool_per_service", "0"},
        {"pool", "0"},
        {"replay_bytes", "0"},
        {"trusted_proxies", "::1"},
        {"forwarded", "on"},
        {"acme_webroot", "/w"},
        {"member_header", "on"},
        {"via", "edge"},
        {"h2c", "on"},
        {"http2_streams", "1"},
        {"http2_stream_window", "16KiB"},
        {"http2_connection_window", "16KiB"},
        {"http2_websockets", "on"},
    };
    const std::map<std::string, std::string> of_https{
        {"https_bind", "h:1"},
        {"connect_bind", "h:1"},
        {"ssh_service", "ssh"},
        {"silent_service", "ssh"},
        {"certificates", "/c"},
        {"folders", "/f"},
        {"fallback", "/c"},
        {"chain", "/c"},
        {"grade", "intermediate"},
        {"http2", "off"},
        {"reload_interval", "1s"},
        {"handshakes_per_second", "7"},
        {"public_port", "1"},
        {"redirect", "on"},
        {"max_age", "7"},
        {"include_subdomains", "on"},
        {"preload", "on"},
        {"proxy_protocol_from", "::1"},
        {"acme_tls_backend", "127.0.0.1:1"},
        {"self", "on"},
        {"self_names", "h.test"},
    };
    const std::map<std::string, std::string> of_acme{
        {"email", "a@example.com"}, {"directory", "https://a/d"},
        {"staging", "https://a/d"}, {"ca_file", "/ca"},
        {"profile", "shortlived"},  {"id", "kid"},
        {"hmac_key", "a"},          {"ways", "http-01"},
        {"names", "a.example.com"}, {"dns_command", "/bin/true"},
        {"dns_command_time", "1s"}, {"dns_server", "::1"},
        {"http_port", "1"},         {"tls_port", "1"},
        {"orders_per_token", "1"},
    };
    const std::map<std::string, std::string> of_cluster{
        {"name", "a"},          {"listen", "10.0.0.1:1"}, {"key", "/k"},
        {"public", "a:1"},      {"control", "off"},       {"etcd", "http://127.0.0.1:2379"},
        {"etcd_prefix", "a/"},  {"etcd_user", "u"},       {"etcd_password_file", "/p"},
        {"etcd_ca_file", "/c"}, {"etcd_chain", "/c"},     {"etcd_key", "/k"},
        {"etcd_homes", "on"},   {"address", "a:1"}};
    // These are tested in cluster_settings_test.cpp, http_settings_test.cpp, https_settings_test.cpp,
    // plugin_settings_test.cpp and traces_settings_test.cpp.
    const Names of_a_group{"include",  // in includes_test.cpp
                           "server.plugins.load",
                           "server.plugins.chain",
                           "server.plugins.clients",
                           "server.http.pages",
                           "server.http.hosts",
                           "server.https.fallback.key",
                           "server.https.client_certificates",
                           "server.cluster.peers",
                           "server.services",
                           "server.traces.headers",
                           "client.disabled",
                           "client.visits"};  // below
    for (const Row& row : documented()) {
        INFO(row.key);
        const std::string section = row.key.substr(0, row.key.find('.'));
        const std::string name = row.key.substr(row.key.rfind('.') + 1);
        if (row.key.find("[]") != std::string::npos || of_a_group.contains(row.key)) {
            continue;  // those of services and named tokens come below
        }
        const bool is_http = row.key.starts_with("server.http.");
        const bool is_acme = row.key.starts_with("server.acme.");
        const bool is_time =
            row.key.find(".timing.") != std::string::npos || (is_http && name.find("_timeout") != std::string::npos);
        const bool is_cluster = row.key.starts_with("server.cluster.");
        const auto& values = is_cluster                ? of_cluster
                             : is_acme                 ? of_acme
                             : is_http                 ? of_http
                             : of_https.contains(name) ? of_https
                                                       : by_name;
        const std::string value = is_time ? "123ms" : values.at(name);
        const detail::ConfigFile with = read(written(row.key, value));
        const bool log_alone = section == "log";
        CHECK(with.problems.size() == (log_alone ? 1 : 0));  // the problem is that there is nothing to run
        CHECK_FALSE(with.values == read(is_acme      ? "server:\n  acme:\n"
                                        : is_cluster ? "server:\n  cluster:\n"
                                                     : section + ":\n")
                                       .values);
        std::string list = written(row.key, "x");
        list.replace(list.find("\"x\""), 3, "[[x]]");
        CHECK_FALSE(read(list).problems.empty());
    }
    const std::string service = "client: {services: [{tcp: 1, local: 2, name: a}]}\n";
    for (const char* other :
         {"client: {services: [{tcp: 2, local: 2, name: a}]}\n", "client: {services: [{tcp: 1, local: 3, name: a}]}\n",
          "client: {services: [{tcp: 1, local: 2, name: b}]}\n",
          "client: {services: [{tcp: 1, local: 2, name: a, enabled: off}]}\n",
          "client: {disabled: [{name: a}], services: [{tcp: 1, local: 2, name: a}]}\n"}) {
        CHECK_FALSE(read(service).values == read(other).values);
    }
    const std::string http = "client: {services: [{http: a.x, path: /p, local: 2, name: a}]}\n";
    for (const char* other : {"client: {services: [{http: b.x, path: /p, local: 2, name: a}]}\n",
                              "client: {services: [{http: [a.x, b.x], path: /p, local: 2, name: a}]}\n",
                              "client: {services: [{http: a.x, path: /q, local: 2, name: a}]}\n",
                              "client: {services: [{http: a.x, path: /p, local: 2, name: a, strip_prefix: on}]}\n",
                              "client: {services: [{http: a.x, path: /p, local: 'files:/', name: a}]}\n",
                              "client: {services: [{http: a.x, path: /p, local: 2, name: a, hsts: on}]}\n"}) {
        CHECK(read(other).problems.empty());
        CHECK_FALSE(read(http).values == read(other).values);
    }
    CHECK_FALSE(read("client: {services: [{http: a.x, local: 'files:/'}]}\n").values ==
                read("client: {services: [{http: a.x, local: 'files:/', listing: on}]}\n").values);
    const Secret secret = Secret::generate();
    const std::string key(secret.reveal());
    const auto visit = [&](const std::string& name, const std::string& local) {
        return read("client: {visits: [{name: " + name + ", local: " + local + ", key: " + key + "}]}\n").values;
    };
    CHECK(visit("db", "1").client->settings.visits.size() == 1);
    CHECK(visit("db", "1") == visit("db", "1"));
    CHECK_FALSE(visit("db", "1") == visit("web", "1"));
    CHECK_FALSE(visit("db", "1") == visit("db", "2"));
    const auto guarded = [&](const std::string& rest) {
        return read("server: {services: [{token: " + key + ", " + rest + "}]}\n").values;
    };
    CHECK(guarded("name: a").server->settings.guarded_services.size() == 1);
    CHECK(guarded("name: a, ports: 22") == guarded("name: a, ports: [22]"));
    for (const char* other : {"name: b", "name: a, ports: 22", "name: a, hosts: a.x"}) {
        CHECK_FALSE(guarded("name: a") == guarded(other));
    }
    CHECK_FALSE(guarded("name: a") == guarded("name: a, also: " + std::string(Secret::generate().reveal())));
    CHECK_FALSE(read(service).values ==
                read("client: {services: [{tcp: 1, local: 2, name: a, token: " + key + "}]}\n").values);
    CHECK_FALSE(read("server: {token: {name: a, secret: x}}\n").values ==
                read("server: {token: {name: b, secret: x}}\n").values);
}

TEST_CASE("everything that a builder can be told has a key", "[config-keys]") {
    const Names objects{"run_on", "on_event"};  // objects of the application: no file can say them
    Names documented_calls;
    Names client = calls_of_builder("include/ferrotunnel/client.hpp");
    Names server = calls_of_builder("include/ferrotunnel/server.hpp");
    REQUIRE(client.size() > 10);
    REQUIRE(server.size() > 10);
    Names said_by_client, said_by_server;
    for (const Row& row : documented()) {
        for (const std::string& call : row.builder) {
            INFO(row.key << " " << call);
            if (!row.key.starts_with("server.")) {
                said_by_client.insert(call);
                CHECK(client.contains(call));
            }
            if (!row.key.starts_with("client.")) {
                said_by_server.insert(call);
                CHECK(server.contains(call));
            }
        }
    }
    for (const std::string& object : objects) {
        CHECK(client.erase(object) == 1);
        CHECK(server.erase(object) == 1);
    }
    CHECK(client.erase("servers") == 1);       // the key `server` with a list
    CHECK(client.erase("tls_trust") == 1);     // an object like those above, of one side
    CHECK(server.erase("authenticate") == 1);  // likewise
    CHECK(said_by_client == client);
    CHECK(said_by_server == server);
}

TEST_CASE("the documented example has every key", "[config-keys]") {
    const std::string text = read_source("docs/configuration.md");
    const std::size_t begin = text.find("```yaml\n") + 8;
    const std::string example = text.substr(begin, text.find("```", begin) - begin);
    for (const Row& row : documented()) {
        const std::string name = row.key.substr(row.key.rfind('.') + 1);
        INFO(row.key);
        CHECK(example.find(name + ":") != std::string::npos);
    }
    // The example's files are not here; tests/e2e/config_check.sh has them. Nothing else may be wrong.
    for (const Problem& problem : read(example).problems) {
        INFO(to_text(problem));
        const bool is_about_file = problem.key.find(".token") != std::string::npos ||
                                   problem.key.ends_with(".backend_ca") || problem.key.starts_with("server.plugins") ||
                                   problem.text.starts_with("cannot read the file") ||
                                   problem.text.ends_with("cannot be opened: No such file or directory");
        CHECK(is_about_file);
    }
}

}  // namespace ferrotunnel
