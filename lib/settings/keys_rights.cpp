// The tokens of a server in a configuration file, with their rights.
#include <chrono>
#include <utility>

#include "config/moment.hpp"
#include "config/values.hpp"
#include "settings/keys_sections.hpp"
#include "settings/rights.hpp"

namespace ferrotunnel::detail {
namespace {

using config::assign;
using config::Section;
using config::Value;

using Fault = std::optional<std::string> (*)(const std::string& text);

// Reads a list of words, or one of them. Those that are wrong are reported, each at its place, and left out.
void read_words(Section& token, const char* key, Fault fault, std::optional<std::vector<std::string>>& into) {
    const std::optional<Value> value = token.find(key);
    if (!value) {
        return;
    }
    into.emplace();
    const std::vector<Value> items = value->items_or_single();
    for (const Value& item : items) {
        const std::optional<std::string> word = item.word();
        const std::optional<std::string> wrong = word ? fault(*word) : std::nullopt;
        if (wrong) {
            item.problem(*wrong);
        } else if (word) {
            into->push_back(*word);
        }
    }
    if (auto wrong = right_list_fault(*into)) {
        value->problem(*wrong);
        into->clear();
    }
}

void read_ports(Section& token, std::optional<std::vector<std::string>>& ports) {
    read_words(token, "ports", right_port_fault, ports);
    if (!ports || ports->size() < 2) {
        return;
    }
    for (const std::string& port : *ports) {
        if (port == any_port) {
            token.find("ports")->problem("`any` stands alone");
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
    into = config::parse_moment(*text);
    if (!into) {
        value->unexpected("a date with its time and offset, like 2027-03-31T23:59:59Z");
    } else if (*into <= std::chrono::system_clock::now()) {
        reading.file.warnings.push_back(
            {value->key_path(), config::moment_text(*into) + " is over: nobody gets in with this token",
             reading.text_at(value->place()).name, value->place().line, value->place().column});
    }
}

void read_quota(Section& token, const char* key, std::uint64_t most, std::optional<std::uint64_t>& into) {
    if (const std::optional<Value> value = token.find(key)) {
        assign(into, value->number(1, most));
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

Rights read_rights(Section& token, ConfigReading& reading) {
    Rights rights;
    read_words(token, "hosts", right_host_fault, rights.hosts);
    read_ports(token, rights.ports);
    read_words(token, "kinds", right_kind_fault, rights.kinds);
    read_words(token, "from", network_fault, rights.from);
    read_expiry(token, reading, rights.expires);
    read_quota(token, "connections", limits::sessions_max, rights.connections);
    read_quota(token, "services", quota_max, rights.services);
    read_quota(token, "visitors", quota_max, rights.visitors);
    read_rate(token, rights.visitors_per_second);
    return rights;
}

}  // namespace

void read_server_token(Value value, std::vector<NamedToken>& tokens, ConfigReading& reading) {
    value.hide();
    NamedToken token;
    std::optional<Value> secret = value;
    if (value.is_group()) {
        Section group = value.section();
        if (auto name = group.find("name")) {
            assign(token.name, name->word());
        }
        secret = group.find("secret");
        if (const auto also = group.find("also")) {
            if (std::optional<Secret> read = read_secret(*also, reading)) {
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
    if (std::optional<Secret> read = read_secret(*secret, reading)) {
        token.secret = std::move(*read);
        tokens.push_back(std::move(token));
    }
}

}  // namespace ferrotunnel::detail
