// Tokens of a server in a configuration file, with their rights.
#include <chrono>
#include <utility>

#include "config/timestamp.hpp"
#include "config/values.hpp"
#include "settings/key_tables.hpp"
#include "settings/rights.hpp"
#include "settings/section_reader.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

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
