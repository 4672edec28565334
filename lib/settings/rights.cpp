#include "settings/rights.hpp"

#include <array>
#include <chrono>
#include <utility>

#include "base/limits.hpp"
#include "config/document.hpp"
#include "config/timestamp.hpp"
#include "config/values.hpp"
#include "settings/http.hpp"
#include "settings/secret.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

constexpr auto kind_words = [] {
    std::array<Choice, std::size(login::service_kinds)> words;
    for (std::size_t i = 0; i < words.size(); ++i) {
        words[i].word = login::service_kinds[i].name;
    }
    return words;
}();

constexpr SettingFacts quota(std::string_view key, std::uint64_t most, std::string_view help) {
    return {.key = key, .form = Form::number, .min = 1, .max = most, .help = help};
}

constexpr SettingFacts byte_rate(std::string_view key, std::string_view help,
                                 std::span<const SettingFacts> (*ways)() = nullptr) {
    return {
        .key = key, .form = Form::size, .min = shaping::rate_min, .max = shaping::rate_max, .help = help, .keys = ways};
}

constexpr SettingFacts of_ways[] = {
    byte_rate("up", "From visitors to the service; unlimited if missing."),
    byte_rate("down", "From the service to visitors; unlimited if missing."),
};

std::span<const SettingFacts> direction_keys() noexcept {
    return of_ways;
}

constexpr SettingFacts of_token[] = {
    {.key = "name",
     .form = Form::word,
     .help = "Name of the token in logs. Default: the name of its file, or `token-1`."},
    {.key = "secret", .type = "token", .help = "The token itself, in an item with a name.", .is_required = true},
    {.key = "also",
     .type = "token",
     .help = "A second secret that is also accepted, while clients change from one to the other: the new one is "
             "`secret`, the old one `also`."},
    {.key = "hosts",
     .form = Form::words,
     .fault = right_host_fault,
     .type = "host or pattern, or a list",
     .help = "Hosts that the token has a right to, at most 256; see \"Rights\" below. Default: those to which no other "
             "token has a right."},
    {.key = "ports",
     .form = Form::words,
     .fault = right_port_fault,
     .type = "port or range, or `any`, or a list",
     .help =
         "Public ports that the token has a right to, at most 256 ranges; `any`: every port to which no other token "
         "has a right. Default: the `allow_ports` to which no other token has a right."},
    {.key = "kinds",
     .form = Form::words,
     .choices = kind_words,
     .fault = right_kind_fault,
     .type = "service kind, or a list",
     .help = "Kinds of services that the token may have: `tcp`, `udp`, `http`, `tls`, `private`. Default: all."},
    {.key = "bind",
     .form = Form::words,
     .fault = right_bind_fault,
     .type = "IP address, or a list",
     .help = "Addresses of the server on which the token's TCP and UDP ports may listen, at most 256; a service that "
             "names none gets the first. Default: `tcp_bind`. See \"Rights\" below."},
    {.key = "visited_by",
     .form = Form::words,
     .fault = right_token_fault,
     .type = "token name, or a list",
     .help = "Names of the other tokens whose clients may visit the private services of this one, at most 256; clients "
             "with this token always may."},
    {.key = "from",
     .form = Form::words,
     .fault = network_fault,
     .type = "IP address or network, or a list",
     .help = "Addresses that clients with the token may connect from, at most 256. Default: all."},
    {.key = "expires",
     .type = "timestamp",
     .help = "When the token expires: from then on it is refused, and its sessions end."},
    quota("connections", limits::sessions_max,
          "Maximum number of connections of the token's clients together, within `connections_per_token`."),
    quota("services", quota_max, "Maximum number of services of the token's clients together, each counted once."),
    quota("visitors", quota_max,
          "Maximum number of visitors of the token's services together, at a time; for HTTP services, connections to "
          "backends count."),
    {.key = "visitors_per_second",
     .type = "0.001 to 1000000",
     .help = "New visitors per second; as many may arrive at once, and at least one."},
    byte_rate("bytes_per_second",
              "Bytes per second of all the token's visitors together, in each direction; or `{up: 1M, down: 10M}`. See "
              "\"Rights\" below.",
              direction_keys),
    byte_rate("service_bytes_per_second", "Bytes per second of all visitors of each service, in each direction.",
              direction_keys),
    byte_rate("visitor_bytes_per_second", "Bytes per second of each visitor of a service, in each direction.",
              direction_keys),
};

// Reads a list of words, or a single one. Invalid ones are reported, each at its place, and left out.
void read_words(Section& token, const char* key, std::optional<std::vector<std::string>>& into) {
    const std::optional<Value> value = token.find(key);
    if (!value) {
        return;
    }
    (void)read_value(key_called(token_keys(), key), *value, into.emplace());
    if (auto wrong = right_list_fault(*into)) {
        value->problem(*wrong);
        into->clear();
    }
}

void read_ports(Section& token, std::optional<std::vector<std::string>>& ports) {
    read_words(token, "ports", ports);
    if (!ports || ports->size() < 2) {
        return;
    }
    for (const std::string& port : *ports) {
        if (port == any_port) {
            token.find("ports")->problem("`any` must be the only port");
            ports = {{port}};
            return;
        }
    }
}

void read_expiry(Section& token, ConfigReading& reading, std::optional<std::chrono::system_clock::time_point>& into) {
    const std::optional<Value> value = token.find("expires");
    const std::optional<std::string> text = value ? value->word() : std::nullopt;
    if (!text) {
        return;
    }
    into = config::parse_timestamp(*text);
    if (!into) {
        value->unexpected("a date with its time and offset, like 2027-03-31T23:59:59Z");
    } else if (*into <= std::chrono::system_clock::now()) {
        reading.file.warnings.push_back(
            {value->key_path(), config::timestamp_text(*into) + " is in the past: this token is refused",
             reading.text_at(value->place()).name, value->place().line, value->place().column});
    }
}

void read_rate(Section& token, std::optional<double>& into) {
    const std::optional<Value> value = token.find("visitors_per_second");
    const std::optional<std::string> text = value ? value->text_for("a number from 0.001 to 1000000") : std::nullopt;
    if (!text) {
        return;
    }
    const std::optional<double> rate = config::parse_decimal(*text);
    if (!rate || *rate < visitors_rate_min || *rate > visitors_rate_max) {
        value->unexpected("a number from 0.001 to 1000000");
    } else {
        into = rate;
    }
}

// Reads one rate for both directions, or `up` and `down`.
void read_byte_rates(Section& token, const char* key, ByteRates& into) {
    const std::optional<Value> value = token.find(key);
    if (!value) {
        return;
    }
    if (!value->is_group()) {
        (void)read_value(key_called(token_keys(), key), *value, into.up);
        into.down = into.up;
        return;
    }
    Section ways = section_of(*value, direction_keys());
    into.up = read_key(ways, direction_keys(), "up");
    into.down = read_key(ways, direction_keys(), "down");
    ways.finish();
}

Rights read_rights(Section& token, ConfigReading& reading) {
    Rights rights;
    read_words(token, "hosts", rights.hosts);
    read_ports(token, rights.ports);
    read_words(token, "kinds", rights.kinds);
    read_words(token, "bind", rights.bind);
    read_words(token, "visited_by", rights.visited_by);
    read_words(token, "from", rights.from);
    read_expiry(token, reading, rights.expires);
    rights.connections = read_key(token, token_keys(), "connections");
    rights.services = read_key(token, token_keys(), "services");
    rights.visitors = read_key(token, token_keys(), "visitors");
    read_rate(token, rights.visitors_per_second);
    read_byte_rates(token, "bytes_per_second", rights.bytes_per_second);
    read_byte_rates(token, "service_bytes_per_second", rights.service_bytes_per_second);
    read_byte_rates(token, "visitor_bytes_per_second", rights.visitor_bytes_per_second);
    return rights;
}

}  // namespace

std::span<const SettingFacts> token_keys() noexcept {
    return of_token;
}

Result<Rights, std::string> rights_of_json(std::string_view text) {
    config::Report report;
    config::Context context{report, nullptr, {}, {}};
    const config::Node root = config::parse_document(text, report);
    if (report.empty() && root.kind != config::Node::Kind::map) {
        return std::string("are not an object");
    }
    ConfigFile none;
    const std::vector<ConfigText> nothing(1);
    ConfigReading reading{none, nothing};
    Section section(root, context, "", {});
    for (const SettingFacts& key : token_keys()) {
        if (key.key != "name" && key.key != "secret" && key.key != "also") {
            section.declare(key.key);
        }
    }
    Rights rights = read_rights(section, reading);
    section.finish(true);
    if (const std::vector<config::Finding> findings = report.take(); !findings.empty()) {
        return (findings.front().path.empty() ? "" : findings.front().path + ": ") + findings.front().text;
    }
    return rights;
}

void read_server_token(Value value, std::vector<NamedToken>& tokens, ConfigReading& reading) {
    value.hide();
    NamedToken token;
    std::optional<Value> secret = value;
    if (value.is_group()) {
        Section group = section_of(value, token_keys());
        if (auto name = group.find("name")) {
            assign(token.name, name->word());
        }
        secret = group.find("secret");
        if (const auto also = group.find("also")) {
            if (std::optional<Secret> read = read_token(*also, reading)) {
                token.also = std::move(*read);
            }
        }
        token.rights = read_rights(group, reading);
        group.finish(true);
        if (!secret) {
            value.problem("`secret` is missing: the token, as file:PATH or env:NAME");
            return;
        }
    }
    if (token.name.empty()) {
        token.name = token_name_of(*secret);
    }
    if (std::optional<Secret> read = read_token(*secret, reading)) {
        token.secret = std::move(*read);
        const std::string file = token.secret.is_strong() ? token_file_of(*secret) : "";
        if (!file.empty()) {
            reading.file.token_files.push_back(file);
        }
        tokens.push_back(std::move(token));
    }
}

}  // namespace ferrotunnel::detail
